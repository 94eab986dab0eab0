import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  type AccessLogConfig,
  Balancer,
  type BalancerConfig,
  type GroupConfig,
  type ListenerConfig,
  type Place,
  type TargetConfig,
} from "../../../../src/sandbox/plane/balancer.ts";
import { temporaryFolder } from "../../../support/folder.ts";

/** A balancer of the test's own. */
export async function balancerForTest(): Promise<Balancer> {
  const balancer = await Balancer.start(() => {});
  onTestFinished(() => balancer.close());
  return balancer;
}

/** An access log of the test's own: how a listener is told to keep it, and what is in it. */
export async function accessLogForTest(): Promise<{ accessLog: AccessLogConfig; logged: () => Promise<string> }> {
  const folder = await temporaryFolder("bia-access-log-");
  const file = join(folder, ...new Date().toISOString().slice(0, 10).split("-"), "log.log");
  return { accessLog: { folder, name: "log" }, logged: () => readFile(file, "utf8").catch(() => "") };
}

/** A server of the test's own, as a target. */
export async function target(serve: RequestListener): Promise<Place> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
}

/** A listener on any port whose requests go to one group. */
export function listenerConfig(more: Partial<ListenerConfig> = {}): ListenerConfig {
  return {
    id: "listener",
    loadBalancer: "app/bia/1234",
    protocol: "HTTP",
    port: 80,
    address: "127.0.0.1",
    ports: [0],
    rules: [{ priority: 0, conditions: [], action: { type: "forward", groups: [{ id: "group", weight: 1 }] } }],
    idleTimeout: 60_000,
    ...more,
  };
}

export function groupConfig(places: readonly TargetConfig["place"][], more: Partial<GroupConfig> = {}): GroupConfig {
  const targets = places.map((place, index) => ({
    id: `target-${index}`,
    address: `172.31.0.${index}:80`,
    state: "healthy" as const,
    place,
  }));
  return { id: "group", protocol: "HTTP", targets, ...more };
}

/** Serves by a configuration; the answer is where its first listener is, as a url. */
export async function serve(balancer: Balancer, config: BalancerConfig): Promise<string> {
  const listened = await balancer.configure(config);
  const [{ id, protocol } = { id: "", protocol: "HTTP" }] = config.listeners;
  return `${protocol.toLowerCase()}://127.0.0.1:${listened[id]?.port}`;
}
