#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { VERSION } from "./version.ts";

// The space for new objects stays as small as it is at first, 1 MiB: grown, it is 20 MiB of a create and saves no time.
setFlagsFromString("--semi-space-growth-factor=1");

// The SDK clients say on stderr that Node 20 will be too old one day; `engines` says what is supported today.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

/** Exit code of a process that was stopped by Ctrl-C. */
const INTERRUPTED = 130;

async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    console.log(VERSION);
    return 0;
  }
  const stop = new AbortController();
  process.on("SIGINT", () => {
    if (stop.signal.aborted) process.exit(INTERRUPTED);
    stop.abort(new Error("interrupted"));
  });
  // Ends through the exit handlers, which give the terminal its cursor back.
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(INTERRUPTED));
  const { runCli } = await import("./cli.ts");
  return runCli(argv, { signal: stop.signal });
}

// A closed pipe (`bia-infra status | head -1`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
});

// The exit code is set and not forced, so that everything that was printed gets out.
process.exitCode = await main(process.argv.slice(2));
