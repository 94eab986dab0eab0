/**
 * The programs that packages bring into images, in a process of Node: a file of the image that is named after the
 * program loads this one. They are bundled into one CommonJS file.
 */
import { basename } from "node:path";
import { runCurl } from "./curl.ts";
import { runNetcat } from "./netcat.ts";
import { runCorepack, runPnpm, runYarn } from "./node-packages.ts";
import { runPgIsReady } from "./pg-isready.ts";
import { runStress } from "./stress.ts";
import { runWget } from "./wget.ts";

const programs: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  curl: runCurl,
  wget: runWget,
  nc: runNetcat,
  stress: runStress,
  yarn: runYarn,
  yarnpkg: runYarn,
  pnpm: runPnpm,
  pnpx: (args) => runPnpm(["dlx", ...args]),
  corepack: runCorepack,
  pg_isready: runPgIsReady,
  // Only who asks a database waits until its driver is loaded.
  psql: async (args) => (await import("./psql.ts")).runPsql(args),
};

const [, file = "", ...args] = process.argv;

programs[basename(file, ".cjs")]?.(args).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
