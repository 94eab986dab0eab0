import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Authorities } from "../../../src/sandbox/plane/authorities.ts";
import { Balancer, type ListenerConfig } from "../../../src/sandbox/plane/balancer.ts";
import type { Issued } from "../../../src/sandbox/plane/certificate.ts";
import { startNginx } from "./nginx.ts";

const TARGET = fileURLToPath(new URL("./target.ts", import.meta.url));

/** A way to the targets. */
export interface Way {
  readonly protocol: "HTTP" | "HTTPS";
  /** `direct`: what the others of its protocol are compared with. */
  readonly by: "direct" | "nginx" | "load balancer";
  readonly url: URL;
}

/** Uses what serves at the ends of all ways, and ends it. */
export async function withWays(use: (all: readonly Way[]) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bia-bench-"));
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    await use(await open(folder, (end) => void ends.unshift(end)));
  } finally {
    for (const end of ends) await end();
  }
}

async function open(folder: string, atEnd: (end: () => unknown) => void): Promise<Way[]> {
  const issued = await certificate();
  const files = { key: join(folder, "key.pem"), certificate: join(folder, "certificate.pem") };
  writeFileSync(files.key, issued.key);
  writeFileSync(files.certificate, issued.certificate + issued.chain);
  const started = await Promise.all([startTarget(), startTarget(), startTarget(files.key, files.certificate)]);
  for (const { child } of started) atEnd(() => child.kill());
  const [one = 0, two = 0, tls = 0] = started.map(({ port }) => port);
  const balancer = await Balancer.start(() => {});
  atEnd(() => balancer.close());
  const [http, https] = await listening(balancer, issued, [one, two]);
  const nginx = await startNginx(folder, [one, two], files);
  if (nginx) atEnd(nginx.stop);
  else console.log("\nnginx is not installed here, so there is nothing of it (Debian: apt-get install nginx-light).");
  const way = (protocol: Way["protocol"], by: Way["by"], port: number): Way[] =>
    port === 0 ? [] : [{ protocol, by, url: new URL(`${protocol.toLowerCase()}://127.0.0.1:${port}/`) }];
  return [
    ...way("HTTP", "direct", one),
    ...way("HTTP", "nginx", nginx?.http ?? 0),
    ...way("HTTP", "load balancer", http),
    ...way("HTTPS", "direct", tls),
    ...way("HTTPS", "nginx", nginx?.https ?? 0),
    ...way("HTTPS", "load balancer", https),
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

/** The ports of a listener on HTTP and one on HTTPS, in front of these ports. */
async function listening(balancer: Balancer, issued: Issued, ports: readonly number[]): Promise<[number, number]> {
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
  const { http, https } = await balancer.configure({ listeners, groups: [{ id: "group", protocol: "HTTP", targets }] });
  return [http?.port ?? 0, https?.port ?? 0];
}
