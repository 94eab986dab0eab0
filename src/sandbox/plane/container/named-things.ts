import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, posix } from "node:path";
import type { Network, Volume } from "../container.ts";
import type { Image } from "../image.ts";
import { removePostgres } from "../postgres.ts";
import { replaceFile } from "../replace-file.ts";
import { ContainerError } from "./error.ts";

const MODULES = "node_modules";

type Labels = Readonly<Record<string, string>>;

/**
 * The volumes of an engine: a folder each, with the data in `data`. What programs see of this computer is mounted from
 * a folder with a plain path; a database, which only PostgreSQL sees, lies with the state.
 */
export class Volumes {
  readonly #folder: string;
  readonly #plain: string;
  readonly #cache: string;
  readonly #known = new Map<string, Volume>();

  constructor(folder: string, plain: string, cache: string) {
    this.#folder = folder;
    this.#plain = plain;
    this.#cache = cache;
  }

  async load(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const text = await readFile(join(this.#folder, name, "volume.json"), "utf8").catch(() => undefined);
      if (text !== undefined) this.#known.set(name, { ...(JSON.parse(text) as Volume), folder: this.#data(name) });
    }
  }

  list(): Volume[] {
    return [...this.#known.values()];
  }

  async make(name: string, labels: Labels = {}): Promise<Volume> {
    const known = this.#known.get(name);
    if (known) return known;
    checkName(name, "volume");
    const folder = this.#data(name);
    const volume = { name, folder, created: new Date().toISOString(), labels };
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await replaceFile(join(this.#folder, name, "volume.json"), JSON.stringify(volume));
    this.#known.set(name, volume);
    return volume;
  }

  /** Makes a volume for a container that runs this. @returns the folder that it sees */
  async mount({ name, target }: { name: string; target: string }, runs: Image["runs"]): Promise<string> {
    const { folder } = await this.make(name);
    if (runs === "postgres") return folder;
    // Packages find each other by that name in their paths.
    const plain = join(this.#plain, name, posix.basename(target) === MODULES ? MODULES : "data");
    await mkdir(plain, { recursive: true, mode: 0o700 });
    return plain;
  }

  async remove(name: string): Promise<void> {
    if (!this.#known.has(name)) throw new ContainerError("no-such-volume", `get ${name}: no such volume`);
    // It may hold a database, whose files may be elsewhere.
    await removePostgres(this.#data(name), this.#cache);
    for (const folder of [this.#folder, this.#plain]) await rm(join(folder, name), { recursive: true, force: true });
    this.#known.delete(name);
  }

  #data(name: string): string {
    return join(this.#folder, name, "data");
  }
}

/** The networks of an engine: names, and nothing on this computer. */
export class Networks {
  readonly #file: string;
  #known: Network[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  async load(): Promise<void> {
    const text = await readFile(this.#file, "utf8").catch(() => undefined);
    if (text !== undefined) this.#known = JSON.parse(text) as Network[];
  }

  list(): Network[] {
    return [...this.#known];
  }

  async make(name: string, labels: Labels = {}): Promise<Network> {
    const known = this.#known.find((one) => one.name === name);
    if (known) return known;
    checkName(name, "network");
    const network = { name, id: randomBytes(32).toString("hex"), created: new Date().toISOString(), labels };
    await this.#keep([...this.#known, network]);
    return network;
  }

  check(name: string): void {
    if (this.#known.some((one) => one.name === name)) return;
    throw new ContainerError("no-such-network", `network ${name} not found`);
  }

  async remove(name: string): Promise<void> {
    this.check(name);
    await this.#keep(this.#known.filter((one) => one.name !== name));
  }

  async #keep(networks: Network[]): Promise<void> {
    await replaceFile(this.#file, JSON.stringify(networks));
    this.#known = networks;
  }
}

export function checkName(name: string, of: "container" | "volume" | "network"): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) return;
  throw new ContainerError("refused", `Invalid ${of} name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
}
