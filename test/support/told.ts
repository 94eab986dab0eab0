import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { consoleUp, heard } from "./console.ts";

/** A file that a secret stands in. */
export interface TellingFile {
  readonly file: string;
  /** Whether other users of the computer are kept from it, by its mode or by that of a folder it is in. */
  readonly isClosed: boolean;
}

/** The files below a folder that a secret stands in. The folder itself is taken for open. */
export async function filesTelling(secret: string, folder: string): Promise<TellingFile[]> {
  const names = await readdir(folder, { recursive: true });
  const found = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      const text = await readFile(file).catch(() => undefined);
      if (!text?.includes(secret)) return [];
      const modes = await Promise.all(foldersTo(folder, file).map(async (one) => (await stat(one)).mode));
      return [{ file, isClosed: modes.some((mode) => (mode & 0o077) === 0) }];
    }),
  );
  return found.flat();
}

/** A file and what it is in below a folder. */
function foldersTo(folder: string, file: string): string[] {
  return file === folder ? [] : [file, ...foldersTo(folder, path.dirname(file))];
}

/** With which words every process of this computer was started. Needs `/proc`, so on Linux only. */
export async function commandLines(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  // A process may be gone by now.
  const lines = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""));
  return (await Promise.all(lines)).map((line) => line.replaceAll("\0", " "));
}

/** What the page of the console is told of. (src/commands/console.ts) */
const TOPICS = ["stack", "look", "service", "network", "traffic", "runs"];

/** All that `bia-infra console` tells its page of stack retail: of each of its topics once, and of one run. */
export async function toldByConsole(env: NodeJS.ProcessEnv, cwd: string, run: number): Promise<string> {
  const { url, stop } = await consoleUp(env, cwd, "--stack", "retail");
  try {
    return `${await (await fetch(`${url}runs/${run}`)).text()}\n${await heard(url, TOPICS)}`;
  } finally {
    await stop();
  }
}
