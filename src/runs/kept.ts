import type { Answered } from "../aws/answered.ts";
import type { ServiceLives } from "../aws/service-lives.ts";
import type { RunEvent, RunStarted } from "../engine/event.ts";

/** One call of AWS that a run made, its retries included. */
export interface CallMade {
  readonly type: "call";
  /** When it was sent; milliseconds since the epoch, as all times here. */
  readonly at: number;
  readonly ms: number;
  /** As our clients name the service, e.g. `ec2`. */
  readonly service: string;
  readonly operation: string;
  /** True: it changes something. */
  readonly changing: boolean;
  /** AWS's error code; absent: it was answered. */
  readonly code?: string;
}

/** First line of a kept run. */
export interface Keeping {
  readonly type: "keeping";
  readonly at: number;
  /** Process that the run is of: gone without a report, it broke off. */
  readonly pid: number;
}

/** How a service and its tasks were when a run that rolled it ended. */
export interface LivesKept {
  readonly type: "lives";
  readonly at: number;
  /** When the run began and when this was, by the clock of the service's AWS, as all times of `lives`: a fast sandbox's is not ours. */
  readonly from: number;
  readonly until: number;
  readonly lives: ServiceLives;
  /** Which way requests took meanwhile; absent: it is not told (on aws), or nobody could look. */
  readonly answered?: readonly Answered[];
}

/** What those were answered who requested a url throughout a run (`--probe`), in one second of it. Those without a request are not kept. */
export interface AnswersHeard {
  readonly type: "answers";
  /** Its end. */
  readonly at: number;
  readonly ms: number;
  /** How many, by what was answered: 2xx only. */
  readonly bodies: Readonly<Record<string, number>>;
  /** Without an answer of 2xx. */
  readonly failed: number;
}

/** A line of a kept run. */
export type KeptEvent = RunEvent | CallMade | AnswersHeard | LivesKept | Keeping;

/** What is told of a run in a list. */
export interface RunSummary {
  readonly number: number;
  readonly command: string;
  readonly stack: string;
  readonly target: RunStarted["target"];
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Milliseconds; absent: it has not ended, or broke off. */
  readonly ms?: number;
  readonly exitCode?: number;
  /** `broken-off`: its process is gone and it never reported. */
  readonly state: "ended" | "running" | "broken-off";
}
