import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { databaseConfig } from "../../database/config.js";
import { createDatabase, migrate } from "../../dev/migrations.ts";

/** The built server as a process of its own, the way the image runs it. */
export interface Bia {
  url: string;
  process: ChildProcess;
  /** Every line of stdout so far, parsed. */
  log: Record<string, unknown>[];
  /** Everything on stderr so far; empty in a healthy server. */
  stderr: () => string;
  /** Sends a signal and resolves to the exit code. */
  stop: (signal?: NodeJS.Signals) => Promise<number | null>;
  /** Calls the API and reads the JSON answer. */
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it asked for.
  call: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: any }>;
}

/** Starts dist/server/main.js on a free port, in the app's folder or another; resolves when it listens. */
export async function startBia(env: Record<string, string>, cwd = "."): Promise<Bia> {
  const child = spawn(process.execPath, [resolve("dist/server/main.js")], {
    cwd,
    env: { PATH: process.env.PATH, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<number | null>((done) => child.once("exit", done));
  const log: Bia["log"] = [];
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const port = await new Promise<unknown>((listening, failed) => {
    exited.then((code) => failed(new Error(`the server ended with ${code}: ${stderr}`)));
    createInterface(child.stdout).on("line", (line) => {
      const fields = JSON.parse(line);
      log.push(fields);
      if (fields.message === "bia no ar") listening(fields.port);
    });
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    process: child,
    log,
    stderr: () => stderr,
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return exited;
    },
    call: async (method, path, body) => {
      const init = { method, headers: { "Content-Type": "application/json" } };
      const response = await fetch(url + path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
      return { status: response.status, body: await response.json() };
    },
  };
}

/** Creates a migrated database of that name and resolves to the whole environment for it. */
export async function newDatabase(postgres: Record<string, string>, name: string): Promise<Record<string, string>> {
  const env = { ...postgres, DB_NAME: name };
  await createDatabase({ ...process.env, ...env });
  await migrate({ ...process.env, ...env });
  return env;
}

/** A connection to the database of that environment, beside the app's own. */
export async function connectTo(env: Record<string, string>): Promise<Client> {
  const { username, ...config } = databaseConfig(env);
  const client = new Client({ user: username, ...config });
  await client.connect();
  return client;
}
