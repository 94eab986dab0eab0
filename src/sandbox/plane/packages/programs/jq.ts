/** jq of images: a bundle of its own, which is seven times as large as that of all other programs. */
import { readFile } from "node:fs/promises";
import { jq, Unreadable } from "../../../shell/jq.ts";
import { onThisComputer, readInput, refuseOption } from "./files.ts";

async function read(path: string): Promise<string> {
  try {
    return await readFile(onThisComputer(path), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Unreadable(`Could not open ${path}: ${code === "ENOENT" ? "No such file or directory" : code}`);
  }
}

const stdin = async () => (await readInput()).toString("utf8");

const result = jq(process.argv.slice(2), { read, stdin, env: process.env });
result.then((ended) => {
  if ("unknown" in ended) {
    process.exitCode = refuseOption(ended.unknown, "jq");
    return;
  }
  process.stderr.write(ended.stderr);
  process.stdout.write(ended.stdout);
  process.exitCode = ended.exitCode;
});
