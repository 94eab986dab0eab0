import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import autocannon from "autocannon";
import { createDatabase, migrate } from "../dev/migrations.ts";
import { temporaryPostgres } from "../dev/temporary-postgres.ts";

/**
 * `npm run bench`: 200 clients for 30 s against a bare Express hello-world, then against the built app over a real
 * PostgreSQL; database, server and clients share this machine's cores. Prints a Markdown table; fails on any error.
 */
const CLIENTS = 200;
const SECONDS = Number(process.env.BENCH_SECONDS || 30);
const TASKS = 20;

interface Server {
  url: string;
  child: ChildProcess;
}

/** Starts a program that prints a JSON line with its `port` when it listens; what it prints later is thrown away. */
async function start(script: string, env: NodeJS.ProcessEnv): Promise<Server> {
  const child = spawn(process.execPath, [script], { env: { ...env, PORT: "0" }, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(child.stdout)) {
    const { port } = JSON.parse(line);
    child.stdout.resume();
    if (port) return { url: `http://127.0.0.1:${port}`, child };
  }
  throw new Error(`${script} did not start`);
}

async function stop({ child }: Server): Promise<void> {
  const exited = once(child, "exit");
  child.kill();
  await exited;
}

const post = (titulo: string) => ({
  method: "POST" as const,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ titulo, dia: "hoje", importante: false }),
});

async function measure(what: string, options: Omit<autocannon.Options, "connections" | "duration">): Promise<number> {
  const { requests, latency, errors, timeouts, non2xx } = await autocannon({
    ...options,
    connections: CLIENTS,
    duration: SECONDS,
  });
  const failed = errors + timeouts + non2xx;
  const cells = [what, requests.average.toFixed(0), latency.p50, latency.p99, latency.max, failed];
  console.log(`| ${cells.join(" | ")} |`);
  return failed;
}

const postgres = await temporaryPostgres();
await postgres.start();
const env = { ...process.env, ...postgres.env };
await createDatabase(env);
await migrate(env);

console.log(`${CLIENTS} clients, ${SECONDS} s each, Node ${process.version}, ${availableParallelism()} cores\n`);
console.log("| | requests/s | p50 ms | p99 ms | max ms | errors |");
console.log("|---|--:|--:|--:|--:|--:|");
let failed = 0;

const hello = await start("dist/bench/hello.js", env);
failed += await measure("bare Express hello-world", { url: hello.url });
await stop(hello);

const bia = await start("dist/server/main.js", env);
for (let i = 0; i < TASKS; i++) await fetch(`${bia.url}/api/tarefas`, post(`Tarefa ${i}`));
failed += await measure("GET /api/versao", { url: `${bia.url}/api/versao` });
failed += await measure(`GET /api/tarefas (${TASKS} tasks)`, { url: `${bia.url}/api/tarefas` });
failed += await measure("POST /api/tarefas", { url: `${bia.url}/api/tarefas`, ...post("carga") });
await stop(bia);

await postgres.remove();
process.exitCode = failed ? 1 : 0;
