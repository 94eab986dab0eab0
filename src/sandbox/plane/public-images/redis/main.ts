/**
 * redis-server and redis-cli, as far as apps of learners use them: strings, hashes, lists, sets, sorted sets, times to live,
 * transactions and channels, in memory. (https://redis.io/docs/latest/commands/)
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { onThisComputer } from "../../packages/programs/files.ts";
import { runCli } from "./cli.ts";
import { Server } from "./server.ts";

const VERSION = process.env.REDIS_VERSION ?? process.env.VALKEY_VERSION ?? "";

async function runServer(args: readonly string[]): Promise<number | undefined> {
  if (args.includes("--version") || args.includes("-v")) {
    process.stdout.write(`Redis server v=${VERSION} sha=00000000:0 malloc=libc bits=64\n`);
    return 0;
  }
  const settings = settingsOf(args);
  const port = Number(settings.get("port") ?? 6379);
  const server = new Server(VERSION, settings);
  await server.listen(port);
  const say = (text: string) => process.stdout.write(`1:M ${new Date().toUTCString().slice(5, 25)} * ${text}\n`);
  say(`Server initialized`);
  say("bia-infra sandbox: what it holds is in memory alone, and gone when it stops");
  say("Ready to accept connections tcp");
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => server.stop());
  return undefined;
}

/** `redis.conf --name value ...`: what stands in the file, then the options. */
function settingsOf(args: readonly string[]): Map<string, string> {
  const settings = new Map<string, string>();
  const [file, ...rest] = args;
  const isFile = file !== undefined && !file.startsWith("-");
  const lines = isFile ? readFileSync(onThisComputer(file), "utf8").split("\n") : [];
  for (const line of lines.map((one) => one.trim()).filter((one) => one !== "" && !one.startsWith("#"))) {
    const [name = "", ...values] = line.split(/\s+/);
    settings.set(name.toLowerCase(), values.join(" ").replace(/^"(.*)"$/, "$1"));
  }
  let name = "";
  for (const word of isFile ? rest : args) {
    if (word.startsWith("--")) {
      name = word.slice(2).toLowerCase();
      settings.set(name, "");
    } else if (name !== "") settings.set(name, [settings.get(name), word].filter((one) => one).join(" "));
  }
  return settings;
}

const [, program = "", ...args] = process.argv;
const run = /cli$/.test(basename(program, ".cjs")) ? runCli : runServer;
run(args).then(
  (exitCode) => {
    if (exitCode !== undefined) process.exitCode = exitCode;
  },
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
