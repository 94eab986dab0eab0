import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { AnsweredSecond, BalancerConfig, Check, CheckResult, CountedMinute, Listened } from "./balancer/config.ts";
import type { Asked, BalancerCalls, Told } from "./balancer/messages.ts";
import { bundled } from "./bundled.ts";

export type {
  AccessLogConfig,
  ActionConfig,
  BalancerConfig,
  CertificateConfig,
  CheckResult,
  ConditionConfig,
  Count,
  CountedMinute,
  GroupConfig,
  ListenerConfig,
  Minutes,
  Place,
  RuleConfig,
  TargetConfig,
  TlsConfig,
} from "./balancer/config.ts";

/** MiB of the heap for what lives as long as a request: the less there are, the more of them are held up by their collection. */
const YOUNG_MB = 16;

/**
 * What serves at the load balancers of a sandbox: a thread of its own, so that no AWS call makes a request wait. It ends
 * with its process.
 */
export class Balancer implements BalancerCalls {
  readonly #worker: Worker;
  readonly #pending = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  #asked = 0;
  #hasEnded = false;

  private constructor(worker: Worker, ended: () => void) {
    this.#worker = worker;
    worker.on("message", (told: Told) => {
      const call = this.#pending.get(told.id);
      this.#pending.delete(told.id);
      if ("error" in told) call?.reject(new Error(told.error));
      else call?.resolve(told.answer as never);
    });
    worker.on("error", (error) => console.error("The load balancers have failed:", error));
    worker.on("exit", () => {
      this.#hasEnded = true;
      for (const { reject } of this.#pending.values()) reject(new BalancerEnded());
      this.#pending.clear();
      ended();
    });
    worker.unref();
  }

  /** @param ended called once its thread is no more, by `close` or by a defect */
  static async start(ended: () => void): Promise<Balancer> {
    const bundle = await bundled("load-balancers.cjs", "balancer/thread/main.ts");
    const options = { name: "load balancers", eval: "code" in bundle };
    // The daemon's own heap is kept small, which is a flag of its process, and a thread is made by those of its moment.
    setFlagsFromString(`--max-semi-space-size=${YOUNG_MB}`);
    return new Balancer(new Worker("code" in bundle ? bundle.code : bundle.file, options), ended);
  }

  configure(config: BalancerConfig): Promise<Listened> {
    return this.#ask("configure", config);
  }

  check(check: Check): Promise<CheckResult> {
    return this.#ask("check", check);
  }

  idle(target: string): Promise<void> {
    return this.#ask("idle", target);
  }

  counts(before: number): Promise<readonly CountedMinute[]> {
    return this.#ask("counts", before);
  }

  answered(since: number): Promise<readonly AnsweredSecond[]> {
    return this.#ask("answered", since);
  }

  /** Ends everything, requests under way included. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask<Answer>(call: keyof BalancerCalls, argument?: unknown): Promise<Answer> {
    if (this.#hasEnded) return Promise.reject(new BalancerEnded());
    const id = this.#asked++;
    const answer = new Promise<Answer>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#worker.postMessage({ id, call, argument } satisfies Asked);
    return answer;
  }
}

/** It had ended before it answered. */
class BalancerEnded extends Error {
  override readonly name = "BalancerEnded";

  constructor() {
    super("the load balancers have ended");
  }
}
