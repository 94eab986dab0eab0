import { cp, lstat, mkdir, readdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MachineFiles } from "../container.ts";
import type { Mount } from "../process/root-folder.ts";
import { type Found, found, putEntry, takeEntry } from "./files.ts";
import type { ContainerRecord } from "./record.ts";

type Mounting = Pick<ContainerRecord, "id" | "spec" | "image">;
type Bind = NonNullable<ContainerRecord["spec"]["binds"]>[number];

/** What stands for a file or folder, on the machine and in the container, when both were last the same. */
interface Same {
  readonly machine: string;
  readonly container: string;
}

/** Larger files of a container do not travel to the machine, whose files are in memory. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * What containers have mounted, where their processes see it: in the folder that is their `/`. A volume is a link there.
 * The machine's files are copies, because they are in no folder of this computer: what changes on one side is brought to
 * the other, but for the packages that a container installs.
 */
export class Mounted {
  readonly #files: MachineFiles | undefined;
  /** By the container and the place there, and the path below that. */
  readonly #same = new Map<string, Map<string, Same>>();
  /** One after the other for all: each reads what another writes. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(files: MachineFiles | undefined) {
    this.#files = files;
  }

  /** Mounts everything into the files of an image. */
  async prepare(container: Mounting, root: string, volumes: readonly Mount[]): Promise<void> {
    this.forget(container.id);
    for (const { target } of container.spec.binds ?? []) {
      await clear(join(root, target), target, nestedIn(target, container));
    }
    await this.refresh(container, root);
    for (const { target, folder } of volumes) await linkVolume(join(root, target), folder);
  }

  /** Brings what has changed on the machine since into the container. */
  refresh(container: Mounting, root: string): Promise<void> {
    return this.#inTurn(async () => {
      for (const bind of container.spec.binds ?? []) await this.#bring(bind, container, root);
    });
  }

  /** Brings what the container has changed since to the machine. */
  collect(container: Mounting, root: string): Promise<void> {
    return this.#inTurn(async () => {
      for (const bind of container.spec.binds ?? []) {
        if (bind.readOnly !== true) await this.#collect(bind, container, root);
      }
    });
  }

  /** The container is gone. */
  forget(id: string): void {
    for (const key of this.#same.keys()) if (key.startsWith(`${id} `)) this.#same.delete(key);
  }

  async #bring({ source, target }: Bind, container: Mounting, root: string): Promise<void> {
    const entries = this.#files?.list(source) ?? [];
    const same = this.#sameOf(container, target);
    const isOthers = othersIn(target, container);
    const now = new Map(entries.filter(({ path }) => !isOthers(path)).map((entry) => [entry.path, entry]));
    const place = (path: string) => join(root, target, path);
    for (const path of [...same.keys()]) {
      if (now.has(path)) continue;
      await rm(place(path), { recursive: true, force: true });
      same.delete(path);
    }
    for (const [path, entry] of now) {
      if (same.get(path)?.machine === entry.stamp) continue;
      await putEntry(entry, place(path));
      const [there] = await found(place(path), (below) => below !== "");
      same.set(path, { machine: entry.stamp, container: there?.stamp ?? "" });
    }
  }

  async #collect({ source, target }: Bind, container: Mounting, root: string): Promise<void> {
    const files = this.#files;
    const place = join(root, target);
    const isOthers = othersIn(target, container);
    const isPackages = (path: string) => /(^|\/)node_modules(\/|$)/.test(path);
    const all = await found(place, (path) => isOthers(path) || isPackages(path));
    // Without the folder itself nobody in the container has deleted what was in it.
    if (!files || all.length === 0) return;
    const same = this.#sameOf(container, target);
    const there = new Set(all.map(({ path }) => path));
    for (const path of [...same.keys()].reverse()) {
      if (there.has(path) || isPackages(path)) continue;
      files.remove(join(source, path));
      same.delete(path);
    }
    for (const one of all.filter((entry) => same.get(entry.path)?.container !== entry.stamp)) {
      if (one.size > MOST_BYTES) continue;
      const machine = await putOn(files, join(source, one.path), one, place);
      if (machine !== undefined) same.set(one.path, { machine, container: one.stamp });
    }
  }

  #sameOf({ id }: Mounting, target: string): Map<string, Same> {
    const key = `${id} ${target}`;
    const same = this.#same.get(key) ?? new Map<string, Same>();
    this.#same.set(key, same);
    return same;
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => {});
    return done;
  }
}

/** @returns the stamp on the machine; undefined: it has gone meanwhile, or the machine has no room for it */
async function putOn(files: MachineFiles, path: string, one: Found, place: string): Promise<string | undefined> {
  try {
    return files.put(path, await takeEntry(one, place));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOSPC" || message.startsWith("ENOSPC")) return undefined;
    throw error;
  }
}

/** Whether a path below a target is that of something else that is mounted there. */
function othersIn(target: string, container: Mounting): (path: string) => boolean {
  const nested = nestedIn(target, container);
  return (path) => {
    const at = path === "" ? target : `${target}/${path}`;
    return nested.some((one) => at === one || at.startsWith(`${one}/`));
  };
}

/** Places below a target that something else is mounted at. */
function nestedIn(target: string, { spec, image }: Mounting): string[] {
  const all = [
    ...(spec.binds ?? []).map((bind) => bind.target),
    ...(spec.volumes ?? []).map((volume) => volume.target),
    ...(spec.anonymous ?? []),
    ...Object.keys(image.Volumes),
  ];
  return all.map((path) => path.replace(/\/+$/, "")).filter((path) => path.startsWith(`${target}/`));
}

/** Deletes what the image has at a place, but for what something else is mounted at. */
async function clear(folder: string, path: string, kept: readonly string[]): Promise<void> {
  if (kept.includes(path)) return;
  if (!kept.some((one) => one.startsWith(`${path}/`))) return rm(folder, { recursive: true, force: true });
  const names = await readdir(folder).catch(() => []);
  for (const name of names) await clear(join(folder, name), `${path}/${name}`, kept);
}

/** A volume that is empty begins with what the image has in its place, as docker's do. */
async function linkVolume(place: string, folder: string): Promise<void> {
  const there = await lstat(place).catch(() => undefined);
  if (there?.isDirectory() && (await readdir(folder)).length === 0) await cp(place, folder, { recursive: true });
  await rm(place, { recursive: true, force: true });
  await mkdir(dirname(place), { recursive: true });
  await symlink(folder, place, "junction");
}
