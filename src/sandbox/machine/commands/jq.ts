import { jq, Unreadable } from "../../shell/jq.ts";
import { FileSystemError } from "../file-system.ts";
import { notEmulated, type Process, type Programs } from "../program.ts";

export const jqPrograms: Programs = {
  async jq(args, process) {
    const read = (path: string) => contentOf(path, process);
    const result = await jq(args, { read, stdin: async () => process.stdin, env: process.env });
    return "unknown" in result ? notEmulated(`the option ${result.unknown} of jq`) : result;
  },
};

async function contentOf(path: string, { fs, cwd }: Process): Promise<string> {
  try {
    return await fs.readFile(fs.resolvePath(cwd, path));
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    throw new Unreadable(`Could not open ${path}: ${error.reason}`);
  }
}
