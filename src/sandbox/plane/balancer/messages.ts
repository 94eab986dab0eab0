import type { AnsweredSecond, BalancerConfig, Check, CheckResult, CountedMinute, Listened } from "./config.ts";

/** What the thread of the load balancers can be asked. */
export interface BalancerCalls {
  /** Serves by this from now on; answers once all ports are open. */
  configure(config: BalancerConfig): Promise<Listened>;
  /** Looks at a target. */
  check(check: Check): Promise<CheckResult>;
  /** Answers once a target serves no request. */
  idle(target: string): Promise<void>;
  /** What was counted in the minutes before this one and was not taken yet, in their order. */
  counts(before: number): Promise<readonly CountedMinute[]>;
  /** How many requests took which way in the seconds since a real time, up to an hour back. */
  answered(since: number): Promise<readonly AnsweredSecond[]>;
}

/** To the thread. */
export interface Asked {
  readonly id: number;
  readonly call: keyof BalancerCalls;
  readonly argument: unknown;
}

/** From the thread. */
export type Told = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly error: string };
