import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Authorities } from "../../src/sandbox/plane/authorities.ts";
import { Balancer, type ListenerConfig } from "../../src/sandbox/plane/balancer.ts";
import type { Issued } from "../../src/sandbox/plane/certificate.ts";
import { type Load, load, quantile, together } from "./load/load.ts";
import { startNginx } from "./load/nginx.ts";
import { printTable } from "./table.ts";

const TARGET = fileURLToPath(new URL("./load/target.ts", import.meta.url));

/** Requests a second. */
const RATE = 1000;

/** Seconds of each way, taken in turn with the others: a computer that is busy with something else is so for all. */
const SECONDS = Number(process.env.BENCH_SECONDS ?? "60");
const TURNS = 4;

/** Seconds at full speed. */
const FAST_SECONDS = 10;

/** A way to the targets. */
interface Way {
  readonly protocol: "HTTP" | "HTTPS";
  /** `direct`: what the others of its protocol are compared with. */
  readonly by: "direct" | "load balancer" | "nginx";
  readonly url: string;
}

/** What the sandbox's load balancers add to a request, beside what nginx does. */
export async function printLoadBalancer(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bia-bench-"));
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    await printWays(await ways(folder, (end) => void ends.unshift(end)));
  } finally {
    for (const end of ends) await end();
  }
}

async function ways(folder: string, atEnd: (end: () => unknown) => void): Promise<Way[]> {
  const issued = await certificate();
  const files = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  writeFileSync(files[0] ?? "", issued.key);
  writeFileSync(files[1] ?? "", issued.certificate + issued.chain);
  const targets = await Promise.all([startTarget(), startTarget(), startTarget(...files)]);
  for (const { child } of targets) atEnd(() => child.kill());
  const [one = 0, two = 0, tls = 0] = targets.map(({ port }) => port);
  const balancer = await Balancer.start(() => {});
  atEnd(() => balancer.close());
  const [http, https] = await listening(balancer, issued, [one, two]);
  const nginx = await startNginx(folder, [one, two]);
  if (nginx) atEnd(nginx.stop);
  else console.log("\nnginx is not installed here, so there is nothing of it (Debian: apt-get install nginx-light).");
  return [
    { protocol: "HTTP", by: "direct", url: `http://127.0.0.1:${one}/` },
    { protocol: "HTTP", by: "load balancer", url: http },
    ...(nginx ? [{ protocol: "HTTP" as const, by: "nginx" as const, url: nginx.url }] : []),
    { protocol: "HTTPS", by: "direct", url: `https://127.0.0.1:${tls}/` },
    { protocol: "HTTPS", by: "load balancer", url: https },
  ];
}

async function certificate(): Promise<Issued> {
  const [from, until] = [new Date(Date.now() - 60_000), new Date(Date.now() + 86_400_000)];
  return new Authorities(["test"]).issue({ names: ["bia.test"], from, until });
}

async function startTarget(...args: string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ["--import", "tsx", TARGET, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<number>((resolve) => child.stdout?.once("data", (text) => resolve(Number(text))));
  return { child, port };
}

/** The urls of a listener on HTTP and one on HTTPS, in front of these ports. */
async function listening(balancer: Balancer, issued: Issued, ports: readonly number[]): Promise<[string, string]> {
  const common = {
    loadBalancer: "app/bench/1",
    address: "127.0.0.1",
    ports: [0],
    rules: [{ priority: 0, conditions: [], action: { type: "forward", groups: [{ id: "group", weight: 1 }] } }],
    idleTimeout: 60_000,
  } as const;
  const certificates = [{ id: "arn", names: ["bia.test"], key: issued.key, chain: issued.certificate + issued.chain }];
  const tls = { versions: ["TLSv1.2", "TLSv1.3"], certificates, http2: true } as const;
  const listeners: ListenerConfig[] = [
    { ...common, id: "http", protocol: "HTTP", port: 80 },
    { ...common, id: "https", protocol: "HTTPS", port: 443, tls },
  ];
  const targets = ports.map((port) => ({
    id: `${port}`,
    address: `172.31.0.1:${port}`,
    state: "healthy" as const,
    place: { host: "127.0.0.1", port },
  }));
  const listened = await balancer.configure({ listeners, groups: [{ id: "group", protocol: "HTTP", targets }] });
  return [`http://127.0.0.1:${listened.http?.port}/`, `https://127.0.0.1:${listened.https?.port}/`];
}

async function printWays(all: readonly Way[]): Promise<void> {
  const paced = await inTurn(all, RATE, SECONDS / TURNS, TURNS);
  const fast = await inTurn(all, 0, FAST_SECONDS, 1);
  const rows = all.map((way, index) => {
    const [usual, most] = [paced[index] as Load, fast[index] as Load];
    const direct = paced[all.findIndex(({ protocol, by }) => protocol === way.protocol && by === "direct")] as Load;
    const added = way.by === "direct" ? "" : (quantile(usual, 0.99) - quantile(direct, 0.99)).toFixed(2);
    const [half, slow] = [0.5, 0.99].map((part) => quantile(usual, part).toFixed(2));
    const name = `${way.protocol}, ${way.by}`;
    return [name, perSecond(usual), usual.errors, half ?? "", slow ?? "", added, perSecond(most), most.errors];
  });
  printTable(
    `Load balancer: ${RATE} requests a second for ${SECONDS} s each way, in ${TURNS} turns; then as many as go (1 kB answers)`,
    ["way", "requests/s", "errors", "p50 ms", "p99 ms", "added at p99", "most requests/s", "errors"],
    rows,
  );
}

/** Each way for so many seconds, then each again. */
async function inTurn(all: readonly Way[], rate: number, seconds: number, turns: number): Promise<Load[]> {
  const loads = all.map((): Load[] => []);
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [index, { url }] of all.entries()) loads[index]?.push(await load(url, rate, seconds));
  }
  return loads.map(together);
}

function perSecond({ latencies, seconds }: Load): number {
  return Math.round(latencies.length / seconds);
}
