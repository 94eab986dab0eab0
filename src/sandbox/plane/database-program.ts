import { spawn } from "node:child_process";
import { unprivileged } from "./database-home.ts";

/** What the programs of databases need to know of the machine: messages in English, times in UTC, nothing of the user. */
export function environment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot, TEMP } = process.env;
  return { PATH, SystemRoot, TEMP, LC_ALL: "C", TZ: "UTC" };
}

/** Runs one of the programs to its end, with `input` on stdin. Returns its exit code and what it wrote. */
export function run(
  file: string,
  args: readonly string[],
  cwd: string,
  input = "",
): Promise<{ code: number | null; lines: string[] }> {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { cwd, env: environment(), windowsHide: true, ...unprivileged });
    let output = "";
    const collect = (chunk: string) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    child.once("error", fail);
    child.once("close", (code) => done({ code, lines: output.split("\n").filter((line) => line.trim() !== "") }));
    // It may end before it has read everything.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
