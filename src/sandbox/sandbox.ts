import { randomBytes } from "node:crypto";
import { VERSION } from "../version.ts";
import type { Health } from "./health.ts";
import { type Control, type RunningServer, startServer } from "./server.ts";
import { createEndpoint, type LogEntry } from "./wire/endpoint.ts";
import { type Faults, noFaults } from "./wire/fault.ts";
import type { Service } from "./wire/service.ts";

/** The one key pair that a sandbox accepts. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The account that everything in a sandbox belongs to; AWS hands out none with this number. */
export const ACCOUNT = "000000000000";

/** How a sandbox is started. */
export interface SandboxOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default: a new random pair. */
  readonly keys?: Keys;
  readonly services?: readonly Service[];
  readonly faults?: Faults;
  /** Awaited before each answer; resolves when nothing that was changed can be lost. */
  readonly saved?: () => Promise<void>;
  /** One call per request. */
  readonly log?: (entry: LogEntry) => void;
  /** Version of the product, told by the health check. */
  readonly version?: string;
  /** Where the state is kept. Absent: in memory only. */
  readonly folder?: string;
  /** Asked before each write to the folder; false: another process serves it now, and this one must end. */
  readonly mayWrite?: () => boolean;
  /** What `shutdown` of the control API does; default: it closes the sandbox. */
  readonly onShutdown?: () => void;
}

/** A sandbox that answers. */
export interface RunningSandbox {
  /** E.g. `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly port: number;
  readonly keys: Keys;
  /** Imports the SDK clients of all services, so that no request has to wait for one. */
  preload(): Promise<void>;
  /** Ends everything: connections, timers, processes. The state is saved. */
  close(): Promise<void>;
}

/**
 * Starts an AWS on the loopback interface of this machine, in this process.
 *
 * @throws Error of node:net, `EADDRINUSE` if the port is taken
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const keys = options.keys ?? randomKeys();
  const services = options.services ?? [];
  const endpoint = createEndpoint({
    services,
    principal: (accessKeyId) => {
      return accessKeyId === keys.accessKeyId ? { secretAccessKey: keys.secretAccessKey, account: ACCOUNT } : undefined;
    },
    faults: options.faults ?? noFaults,
    saved: options.saved ?? (async () => {}),
    log: options.log ?? (() => {}),
  });
  const startedAt = new Date().toISOString();
  const health: Health = {
    product: "bia-infra",
    version: options.version ?? VERSION,
    pid: process.pid,
    startedAt,
    speed: 1,
  };
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= server.close();
    return closed;
  };
  const controls: Record<string, Control> = {
    status: () => ({ startedAt, services: services.map(({ name }) => name) }),
    shutdown: () => void setImmediate(options.onShutdown ?? close),
  };
  const server: RunningServer = await startServer({
    endpoint,
    port: options.port ?? 0,
    secret: keys.secretAccessKey,
    health,
    controls,
  });
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    port: server.port,
    keys,
    preload: () => endpoint.preload(),
    close,
  };
}

/** A key pair that looks like AWS's. `BIASANDBOX` tells a person at once that it is none of theirs. */
export function randomKeys(): Keys {
  const suffix = randomBytes(5).toString("hex").toUpperCase();
  return { accessKeyId: `BIASANDBOX${suffix}`, secretAccessKey: randomBytes(30).toString("base64url") };
}
