import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Image, ImageStore } from "../image.ts";
import { ContainerError } from "./error.ts";
import type { ContainerRecord } from "./record.ts";

/** Node looks for one in all folders above a program; this one ends the search for programs that have none in their container. */
const NEAREST_PACKAGE = "package.json";

/**
 * What containers have as `/`: a folder each, with a mark beside it, made last. Where cleaners of temporary files go by,
 * the mark is among the first things to go, because nobody ever touches it.
 */
export class Roots {
  readonly #folder: string;
  readonly #images: ImageStore;

  constructor(folder: string, images: ImageStore) {
    this.#folder = folder;
    this.#images = images;
  }

  /** As short as it can be: programs make sockets in it, whose paths may have a hundred bytes. */
  folderOf({ id }: Pick<ContainerRecord, "id">): string {
    return join(this.#folder, id.slice(0, 12));
  }

  async make(container: Pick<ContainerRecord, "id">, image: Image): Promise<void> {
    const folder = this.folderOf(container);
    await this.remove(container);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(this.#folder, NEAREST_PACKAGE), "{}", { mode: 0o600 });
    await this.#images.unpack(image, folder);
    await writeFile(this.#markOf(container), "", { mode: 0o600 });
  }

  /**
   * Makes the files of a container again from its image if somebody has deleted them.
   *
   * @returns whether it had to
   * @throws ContainerError if its image is gone as well
   */
  async restore(record: ContainerRecord): Promise<boolean> {
    const isThere = await Promise.all([stat(this.folderOf(record)), stat(this.#markOf(record))]).catch(() => undefined);
    if (isThere) return false;
    const image = await this.#images.find(record.imageId);
    if (!image) {
      const lost = `its files were in ${this.folderOf(record)} and are gone, and so is its image ${record.spec.image}`;
      throw new ContainerError("failed", `${lost}: build the image and create the container again`);
    }
    await this.make(record, image);
    return true;
  }

  /** Nobody has deleted anything of its files from outside. */
  async isWhole(container: Pick<ContainerRecord, "id">): Promise<boolean> {
    return (await stat(this.#markOf(container)).catch(() => undefined)) !== undefined;
  }

  async remove(container: Pick<ContainerRecord, "id">): Promise<void> {
    await rm(this.#markOf(container), { force: true });
    await rm(this.folderOf(container), { recursive: true, force: true });
  }

  /** Deletes those of containers that there are not, left by an interrupted removal. */
  async keepOnly(ids: readonly string[]): Promise<void> {
    const kept = new Set([...ids.map((id) => id.slice(0, 12)), NEAREST_PACKAGE]);
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) {
      if (!kept.has(name.slice(0, 12))) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  #markOf(container: Pick<ContainerRecord, "id">): string {
    return `${this.folderOf(container)}.whole`;
  }
}
