/**
 * Reads that several tasks need, made once for all of them. Nothing is kept for longer than it can be true: everything is
 * forgotten when this run changes something and when it pauses to look again (see `Run.forget`), so that a poll or a
 * repair always sees what AWS says now.
 */
export class SharedReads {
  readonly #answers = new Map<string, Promise<unknown>>();
  /**
   * What this run knows for good because it did it itself or because it cannot become untrue again, by a key that says what it is,
   * e.g. `agent of i-0ab online`. Kept when everything else is forgotten.
   */
  readonly facts = new Map<string, unknown>();
  #untouched = true;

  /**
   * True until the run has changed something or waited for something. Then one listing of everything serves all tasks that
   * look for the first time; later, when single things are looked at again and again, reading by name is cheaper.
   */
  get untouched(): boolean {
    return this.#untouched;
  }

  /**
   * What `load` answers, asked once for all who come with the same key. A refusal is not kept.
   *
   * @param key says what is read, with everything that `load` depends on, e.g. `elbv2 listeners of arn:...`
   */
  read<T>(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known) return known as Promise<T>;
    const answer = load();
    this.#answers.set(key, answer);
    answer.catch(() => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    });
    return answer;
  }

  /**
   * What `load` answers for each of `ids`, in as few calls as possible: it is asked for those only that nobody has asked for.
   * An id that `load` leaves out has no entry.
   *
   * @param key says what is read of each, e.g. `elbv2 tags`
   */
  async each<T>(
    key: string,
    ids: readonly string[],
    load: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>,
  ): Promise<Map<string, T>> {
    const missing = [...new Set(ids)].filter((id) => !this.#answers.has(`${key} ${id}`));
    const loaded = missing.length > 0 ? load(missing) : undefined;
    for (const id of missing) this.read(`${key} ${id}`, async () => (await loaded)?.get(id));
    const entries = ids.map(async (id) => [id, await this.#answers.get(`${key} ${id}`)] as const);
    return new Map((await Promise.all(entries)).filter(([, value]) => value !== undefined) as [string, T][]);
  }

  /** From now on everything is read anew. */
  forget(): void {
    this.#untouched = false;
    this.#answers.clear();
  }

  /** As `forget`, for a run that begins: it has changed nothing yet. */
  restart(): void {
    this.forget();
    this.facts.clear();
    this.#untouched = true;
  }
}

/** The part of `Aws` that tells what other tasks of the same kind ask for. */
interface Siblings {
  readonly siblings: readonly object[];
}

/**
 * What the stack's tasks of this kind have in one field, as far as they are plain values, and `own` among them: the names
 * to ask for in one call, whichever of the tasks comes first.
 */
export function askedFor({ siblings }: Siblings, field: string, own: string): string[] {
  const values = siblings.map((desired) => (desired as Readonly<Record<string, unknown>>)[field]);
  return [...new Set([own, ...values.filter((value) => typeof value === "string")])].sort();
}
