import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { curl } from "../../../shell/curl.ts";
import { onThisComputer, readInput, refuseOption } from "./files.ts";
import { sendRequest } from "./http.ts";

export async function runCurl(args: readonly string[]): Promise<number> {
  const result = await curl(args, {
    send: sendRequest,
    read: (path) => readFile(onThisComputer(path)),
    async write(path, content, makeFolders) {
      const file = onThisComputer(path);
      if (makeFolders) await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    },
    input: readInput,
    wait: (milliseconds) => sleep(milliseconds),
  });
  if ("unknown" in result) return refuseOption(result.unknown, "curl");
  process.stdout.write(result.stdout);
  process.stderr.write(result.stderr);
  return result.exitCode;
}
