import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AccessLogConfig } from "../config.ts";

/** Milliseconds until what was logged is in the file. */
const SOON_MS = 200;

/** A request that was answered. Times in milliseconds; -1: it did not come to that. */
export interface Entry {
  readonly type: "http" | "https" | "h2" | "ws" | "wss";
  readonly at: Date;
  readonly loadBalancer: string;
  readonly client: string;
  /** Of the target, with its port. */
  readonly target: string | undefined;
  readonly requestTime: number;
  readonly targetTime: number;
  readonly responseTime: number;
  readonly status: number;
  readonly targetStatus: number | undefined;
  readonly received: number;
  readonly sent: number;
  /** `GET http://www.bia.test:80/ HTTP/1.1` */
  readonly request: string;
  readonly userAgent: string | undefined;
  readonly cipher: string | undefined;
  readonly protocol: string | undefined;
  readonly group: string | undefined;
  readonly trace: string | undefined;
  readonly domain: string | undefined;
  readonly certificate: string | undefined;
  /** 0: of the default rule. */
  readonly priority: number;
  readonly arrivedAt: Date;
  readonly action: string;
  readonly location: string | undefined;
}

/** A line of the log. ("Access logs for your Application Load Balancer": access log entry syntax) */
export function lineOf(entry: Entry): string {
  const { target = "-", targetStatus = "-" } = entry;
  const fields = [
    entry.type,
    timeOf(entry.at),
    entry.loadBalancer,
    entry.client,
    target,
    secondsOf(entry.requestTime),
    secondsOf(entry.targetTime),
    secondsOf(entry.responseTime),
    entry.status,
    targetStatus,
    entry.received,
    entry.sent,
    quoted(entry.request),
    quoted(entry.userAgent),
    entry.cipher ?? "-",
    entry.protocol ?? "-",
    entry.group ?? "-",
    quoted(entry.trace),
    quoted(entry.domain),
    quoted(entry.certificate),
    entry.priority,
    timeOf(entry.arrivedAt),
    quoted(entry.action),
    quoted(entry.location),
    // The reason of an error, of which there are none without Lambda and authentication.
    quoted(undefined),
    quoted(target),
    quoted(`${targetStatus}`),
    // How suspicious the request is.
    quoted(undefined),
    quoted(undefined),
    "-",
  ];
  return `${fields.join(" ")}\n`;
}

/** Logs of load balancers, a file a day each, in folders as those of a bucket. */
export class AccessLogs {
  /** Lines that are not in their files yet. */
  readonly #due = new Map<string, string>();

  log({ folder, name }: AccessLogConfig, entry: Entry): void {
    const file = join(folder, ...entry.at.toISOString().slice(0, 10).split("-"), `${name}.log`);
    if (this.#due.size === 0) setTimeout(() => this.#flush(), SOON_MS);
    this.#due.set(file, `${this.#due.get(file) ?? ""}${lineOf(entry)}`);
  }

  #flush(): void {
    const due = [...this.#due];
    this.#due.clear();
    for (const [file, text] of due) write(file, text).catch((error) => console.error("The access log:", error.message));
  }
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await appendFile(file, text, { mode: 0o600 });
}

/** With the six digits that AWS writes. */
function timeOf(time: Date): string {
  return time.toISOString().replace("Z", "000Z");
}

function secondsOf(ms: number): string {
  return ms < 0 ? "-1" : (ms / 1000).toFixed(3);
}

function quoted(text: string | undefined): string {
  return `"${(text ?? "-").replace(/[\\"]/g, "\\$&").replace(/[^\x20-\x7e]/g, (one) => encodeURIComponent(one))}"`;
}
