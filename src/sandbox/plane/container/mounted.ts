import { chmod, cp, lstat, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MachineEntry, MachineFiles } from "../container.ts";
import type { Mount } from "../process/root-folder.ts";
import type { ContainerRecord } from "./record.ts";

type Mounting = Pick<ContainerRecord, "id" | "spec" | "image">;

/**
 * What containers have mounted, where their processes see it: in the folder that is their `/`. A volume is a link there.
 * The machine's files are copies, because they are in no folder of this computer: what changes on the machine changes in
 * the container, what the container writes stays there.
 */
export class Mounted {
  readonly #files: MachineFiles | undefined;
  /** Stamps of what was brought into containers, by the container and the place there. */
  readonly #placed = new Map<string, Map<string, string>>();

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

  /** Brings what has changed on the machine since. */
  async refresh(container: Mounting, root: string): Promise<void> {
    for (const { source, target } of container.spec.binds ?? []) {
      const entries = this.#files?.list(source) ?? [];
      const nested = nestedIn(target, container);
      const place = (path: string) => join(root, target, path);
      const isOthers = (path: string) => {
        const at = path === "" ? target : `${target}/${path}`;
        return nested.some((one) => at === one || at.startsWith(`${one}/`));
      };
      const before = this.#placed.get(`${container.id} ${target}`) ?? new Map<string, string>();
      const now = new Map(entries.filter(({ path }) => !isOthers(path)).map(({ path, stamp }) => [path, stamp]));
      for (const path of before.keys()) if (!now.has(path)) await rm(place(path), { recursive: true, force: true });
      for (const entry of entries) {
        if (now.has(entry.path) && before.get(entry.path) !== entry.stamp) await put(entry, place(entry.path));
      }
      this.#placed.set(`${container.id} ${target}`, now);
    }
  }

  /** The container is gone. */
  forget(id: string): void {
    for (const key of this.#placed.keys()) if (key.startsWith(`${id} `)) this.#placed.delete(key);
  }
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

async function put({ type, mode, target = "", read }: MachineEntry, to: string): Promise<void> {
  const there = await lstat(to).catch(() => undefined);
  if (type === "directory" && there?.isDirectory()) return;
  if (there) await rm(to, { recursive: true, force: true });
  await mkdir(type === "directory" ? to : dirname(to), { recursive: true });
  if (type === "symlink") await symlink(target, to);
  if (type !== "file") return;
  await writeFile(to, read());
  await chmod(to, mode & 0o777);
}

/** A volume that is empty begins with what the image has in its place, as docker's do. */
async function linkVolume(place: string, folder: string): Promise<void> {
  const there = await lstat(place).catch(() => undefined);
  if (there?.isDirectory() && (await readdir(folder)).length === 0) await cp(place, folder, { recursive: true });
  await rm(place, { recursive: true, force: true });
  await mkdir(dirname(place), { recursive: true });
  await symlink(folder, place, "junction");
}
