import { readFileSync } from "node:fs";
import { type RequestOptions, request } from "node:http";
import type { SandboxRecord } from "./home.ts";
import type { Pace } from "./world/delays.ts";

/** Long enough for a process that is busy importing an SDK client on a slow machine. */
const PATIENCE_MS = 3_000;

/** What a sandbox says of itself to anybody. */
export interface Health {
  readonly product: "bia-infra";
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  /** How many times faster than real the sandbox's clock runs. */
  readonly speed: number;
  /** Milliseconds since the epoch that the clock shows. */
  readonly now: number;
  /** How long its AWS takes for things. */
  readonly delays: Pace;
}

/** Undefined: nothing answers at the record's endpoint, or something that is not the sandbox of this record. */
export async function healthOf(record: SandboxRecord): Promise<Health | undefined> {
  try {
    const { body } = await ask(`${record.endpoint}/_sandbox/health`, { timeout: PATIENCE_MS });
    const health = body as Health;
    return health.product === "bia-infra" && health.pid === record.pid ? health : undefined;
  } catch {
    return undefined;
  }
}

/** A running sandbox refused; the message is in its own words. */
export class ControlRefused extends Error {}

/**
 * Uses one of the controls of a running sandbox.
 *
 * @throws ControlRefused
 */
export async function control(
  { endpoint, secretAccessKey }: Pick<SandboxRecord, "endpoint" | "secretAccessKey">,
  name: string,
  input: object = {},
): Promise<unknown> {
  const headers = { authorization: `Bearer ${secretAccessKey}` };
  const { status, body } = await ask(`${endpoint}/_sandbox/${name}`, { method: "POST", headers }, input);
  if (status === 200) return body;
  throw new ControlRefused((body as { error?: string }).error ?? `The sandbox answered ${status}.`);
}

/** Without `fetch`, which takes longer to load than all the rest of a short command. */
function ask(url: string, options: RequestOptions, input?: object): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { ...options, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => {
        try {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
        } catch (error) {
          reject(error);
        }
      });
    });
    call.on("timeout", () => call.destroy(new Error("no answer in time")));
    call.on("error", reject);
    call.end(input === undefined ? undefined : JSON.stringify(input));
  });
}

/** True if a process with this id is there and has not ended; it may be another one by now. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is there but somebody else's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return !isZombie(pid);
}

/** The dead stay listed until somebody asks how they ended, which nobody does in a container without an init process. (proc_pid_stat(5)) */
function isZombie(pid: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    return /\) [ZX] \d/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return true;
  }
}
