import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const GENERATOR = fileURLToPath(new URL("./generate.ts", import.meta.url));

/** What came of some requests. */
export interface Load {
  /** Milliseconds, one for each answer. */
  readonly latencies: readonly number[];
  /** Requests without an answer, or with one that is no success. */
  readonly errors: number;
  readonly seconds: number;
}

/** @param rate requests a second; 0: as many as it goes */
export async function load(url: string, rate: number, seconds: number): Promise<Load> {
  const args = ["--import", "tsx", GENERATOR, url, `${rate}`, `${seconds}`];
  const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_NO_WARNINGS: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as Load;
}

/** Several as one. */
export function together(loads: readonly Load[]): Load {
  return {
    latencies: loads.flatMap(({ latencies }) => latencies),
    errors: loads.reduce((sum, { errors }) => sum + errors, 0),
    seconds: loads.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

/** The latency that this part of the requests did not exceed. */
export function quantile({ latencies }: Load, part: number): number {
  const sorted = Float64Array.from(latencies).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
