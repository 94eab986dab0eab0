import http from "node:http";
import https from "node:https";
import type { ProbeReport } from "../../engine/event.ts";
import { keepPace } from "../../load/pace.ts";
import { type Answer, ask } from "./ask.ts";

/** What came of the requests that were answered within a while. */
export interface Course {
  readonly ms: number;
  /** How many, by what was answered: 2xx only. */
  readonly bodies: Readonly<Record<string, number>>;
  readonly failed: number;
}

/** Where it asks, and how often. */
export interface ProbeOptions {
  readonly url: string;
  /** Requests a second. */
  readonly rate: number;
  /** PEM; absent: one that every computer trusts. */
  readonly authority?: string;
  /** Is told each second, unless nothing was answered in it. */
  readonly told?: (course: Course) => void;
}

/** Milliseconds between two tellings. */
const TELLING = 1000;

/** Requests a url all the time, at an even pace, and keeps what came of it. Everything but 2xx is a failure. */
export class Probe {
  readonly #options: ProbeOptions;
  readonly #stop = new AbortController();
  readonly #agent: http.Agent;
  readonly #under = new Set<Promise<void>>();
  readonly #began = performance.now();
  readonly #loop: Promise<void>;
  readonly #answers = new Map<string, { count: number; from: number; until: number }>();
  readonly #failures = new Map<string, { count: number; first: number }>();
  readonly #telling: NodeJS.Timeout;
  /** Since it was told last. */
  #course = { since: performance.now(), bodies: new Map<string, number>(), failed: 0 };
  #requests = 0;
  #slowest = 0;
  #longestGap = 0;
  /** When it was last served, in milliseconds since the beginning. */
  #served = 0;

  constructor(options: ProbeOptions) {
    this.#options = options;
    const url = new URL(options.url);
    this.#agent = new (url.protocol === "https:" ? https : http).Agent({ keepAlive: true });
    this.#telling = setInterval(() => this.#tell(), TELLING);
    this.#loop = keepPace({ rate: options.rate }, () => this.#send(url), this.#stop.signal);
  }

  /** Ends it, with what came of all requests. */
  async end(): Promise<ProbeReport> {
    this.#stop.abort();
    await this.#loop;
    await Promise.all(this.#under);
    clearInterval(this.#telling);
    this.#tell();
    this.#agent.destroy();
    const { url, rate } = this.#options;
    const failures = [...this.#failures].map(([why, { count, first }]) => ({ why, count, atMs: Math.round(first) }));
    return {
      url,
      rate,
      requests: this.#requests,
      failed: failures.reduce((sum, { count }) => sum + count, 0),
      failures,
      slowestMs: Math.round(this.#slowest),
      longestGapMs: Math.round(this.#longestGap),
      answers: [...this.#answers].map(([body, { count, from, until }]) => ({
        body,
        count,
        fromMs: Math.round(from),
        untilMs: Math.round(until),
      })),
    };
  }

  #send(url: URL): void {
    this.#requests++;
    const { authority } = this.#options;
    const asked = ask(url, { agent: this.#agent, ...(authority !== undefined && { authority }) }).then((answer) =>
      this.#count(answer),
    );
    this.#under.add(asked);
    void asked.finally(() => this.#under.delete(asked));
  }

  #tell(): void {
    const now = performance.now();
    const { since, bodies, failed } = this.#course;
    this.#course = { since: now, bodies: new Map(), failed: 0 };
    if (bodies.size + failed === 0) return;
    this.#options.told?.({ ms: Math.round(now - since), bodies: Object.fromEntries(bodies), failed });
  }

  #count(answer: Answer): void {
    const now = performance.now() - this.#began;
    this.#slowest = Math.max(this.#slowest, answer.ms);
    if (answer.is === "answer" && answer.status >= 200 && answer.status < 300) {
      this.#longestGap = Math.max(this.#longestGap, now - this.#served);
      this.#served = now;
      const { bodies } = this.#course;
      bodies.set(answer.body, (bodies.get(answer.body) ?? 0) + 1);
      const known = this.#answers.get(answer.body);
      this.#answers.set(answer.body, { count: (known?.count ?? 0) + 1, from: known?.from ?? now, until: now });
      return;
    }
    this.#course.failed++;
    this.#longestGap = Math.max(this.#longestGap, now - this.#served);
    const why = answer.is === "none" ? answer.why : `HTTP ${answer.status}`;
    const known = this.#failures.get(why);
    this.#failures.set(why, { count: (known?.count ?? 0) + 1, first: known?.first ?? now });
  }
}
