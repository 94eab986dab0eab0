import { existsSync, lstatSync } from "node:fs";
import { join, posix, relative, sep } from "node:path";

/** A volume's folder, and where it is in the container. */
export interface Mount {
  readonly target: string;
  readonly folder: string;
  /** The container may not write there. */
  readonly readOnly?: boolean;
}

/** A path of a container, and whether it may write there. */
export interface Place {
  readonly target: string;
  readonly readOnly: boolean;
}

/** The folder of this computer that is `/` of an image or a container, and what is mounted into it. */
export class RootFolder {
  readonly folder: string;
  readonly mounts: readonly Mount[];
  /** Places of the container beside its mounts: where it may not write, and where it may within these. */
  readonly places: readonly Place[];

  constructor(folder: string, mounts: readonly Mount[] = [], places: readonly Place[] = []) {
    this.folder = folder;
    this.mounts = mounts;
    this.places = places;
  }

  /** Where a path of the container is on this computer. Never outside the folder and its mounts. */
  toHost(path: string, cwd = "/"): string {
    const absolute = posix.resolve("/", cwd, path);
    const mount = this.mounts.find(({ target }) => absolute === target || absolute.startsWith(`${target}/`));
    if (mount) return join(mount.folder, ...absolute.slice(mount.target.length).split("/"));
    return join(this.folder, ...absolute.split("/"));
  }

  /** The container's name of a path of this computer; undefined: it is outside. */
  fromHost(path: string): string | undefined {
    for (const { target, folder } of [...this.mounts, { target: "/", folder: this.folder }]) {
      const below = relative(folder, path);
      if (!below.startsWith("..") && below !== path) return posix.join(target, ...below.split(sep));
    }
    return undefined;
  }

  exists(path: string, cwd = "/"): boolean {
    return existsSync(this.toHost(path, cwd));
  }

  isDirectory(path: string, cwd = "/"): boolean {
    return lstatSync(this.toHost(path, cwd), { throwIfNoEntry: false })?.isDirectory() ?? false;
  }
}
