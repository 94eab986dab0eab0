import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

/** For so long a process that is over may still be heard of, by what it said before. */
const LATE_MS = 5_000;

/** What processes that have ended used, as they have left it in files: they told some of it while they ran, and some nothing. */
export class EndedUsage {
  readonly #folder: string;
  /** Ids of processes that were counted before they were heard of. */
  readonly #counted = new Set<number>();
  #cpu = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Microseconds of all of them. */
  get cpu(): number {
    return this.#cpu;
  }

  /** Counts a process that was heard of, by what it told last where it left nothing: it was killed. */
  add(pid: number, told: number): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#counted.delete(pid)) this.#cpu += (await this.#take(pid)) ?? told;
    });
  }

  /** Counts those that nobody has heard of. @param isHeard whether a process has still to be counted by what it told */
  sweep(isHeard: (pid: number) => boolean): Promise<void> {
    return this.#inTurn(async () => {
      const names = await readdir(this.#folder).catch(() => []);
      for (const pid of names.map(Number).filter((one) => !isHeard(one))) {
        this.#cpu += (await this.#take(pid)) ?? 0;
        this.#counted.add(pid);
        setTimeout(() => this.#counted.delete(pid), LATE_MS).unref();
      }
    });
  }

  /** None is counted twice. */
  #inTurn(count: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(count);
    return this.#turn;
  }

  async #take(pid: number): Promise<number | undefined> {
    const file = join(this.#folder, `${pid}`);
    const left = await readFile(file, "utf8").catch(() => undefined);
    await rm(file, { force: true });
    return left ? Number(left) : undefined;
  }
}
