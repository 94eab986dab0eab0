/** Failures in a row that make an outlier, and milliseconds that it is left out: more each time. (Developer Guide, "Service Connect configuration": outlier detection) */
const FAILURES = 5;
const WITHIN = 30_000;
const FIRST_REST = 30_000;
const LONGEST_REST = 300_000;

interface Record {
  failures: number;
  /** When the first of them was. */
  since: number;
  rests: number;
  until: number;
}

/** Whose turn it is among those who answer. Who failed again and again has none for a while, unless nobody else is there. */
export class Outliers {
  readonly #now: () => number;
  readonly #records = new Map<string, Record>();
  #turn = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  next<Target extends { readonly id: string }>(targets: readonly Target[]): Target | undefined {
    const fit = targets.filter(({ id }) => (this.#records.get(id)?.until ?? 0) <= this.#now());
    const choice = fit.length > 0 ? fit : targets;
    return choice[this.#turn++ % Math.max(1, choice.length)];
  }

  answered(id: string): void {
    const record = this.#records.get(id);
    if (record) record.failures = 0;
  }

  failed(id: string): void {
    const now = this.#now();
    const record = this.#records.get(id) ?? { failures: 0, since: now, rests: 0, until: 0 };
    if (record.failures === 0 || now - record.since > WITHIN) Object.assign(record, { failures: 0, since: now });
    record.failures++;
    if (record.failures >= FAILURES) {
      record.rests++;
      record.until = now + Math.min(LONGEST_REST, FIRST_REST * record.rests);
      record.failures = 0;
    }
    this.#records.set(id, record);
  }
}
