import { posix } from "node:path";
import { refuse } from "./client.ts";
import type { ContainerSpec } from "./engine.ts";

/** What a container has mounted. */
export type Mounts = Pick<ContainerSpec, "volumes" | "binds" | "anonymous">;

/** One of them: with a source that is a path it is a file or folder of the machine, without one a volume without a name. */
export interface WrittenMount {
  readonly source: string | undefined;
  readonly target: string;
  /** The container may not write there. Default: it may. */
  readonly isReadOnly?: boolean;
}

/** What it is that `-v` and compose's short form say. @throws Error with docker's words for what it cannot be */
export function shortMount(text: string): WrittenMount {
  const [first = "", second, ...options] = text.split(":");
  if (first === "" || second === "") throw new Error(`invalid spec: ${text}: empty section between colons`);
  if (options.length > 1) throw new Error(`invalid spec: ${text}: too many colons`);
  if (second === undefined) return { source: undefined, target: first };
  return { source: first, target: second, isReadOnly: (options[0] ?? "").split(",").includes("ro") };
}

/** Whether a mount's source is a path of the machine and no volume's name. */
export function isPath(source: string): boolean {
  return /^[./~]/.test(source);
}

/**
 * Sorts mounts by what they are.
 *
 * @param folder that relative paths are meant from
 * @param nameOf a volume's name, given the one that is written
 * @throws Refusal for the socket of the docker daemon
 */
export function mountsOf(
  written: readonly WrittenMount[],
  { folder, home, nameOf }: { folder: string; home: string; nameOf: (source: string) => string },
): Mounts {
  const volumes: NonNullable<Mounts["volumes"]>[number][] = [];
  const binds: NonNullable<Mounts["binds"]>[number][] = [];
  const anonymous: string[] = [];
  for (const { source, target: place, isReadOnly = false } of written) {
    const readOnly = isReadOnly && { readOnly: true };
    const target = posix.resolve("/", place);
    if (source === undefined) anonymous.push(target);
    else if (!isPath(source)) volumes.push({ name: nameOf(source), target, ...readOnly });
    else {
      const path = posix.resolve(folder, source.replace(/^~(?=\/|$)/, home));
      if (/^(\/var)?\/run\/docker\.sock$/.test(path)) refuse("the docker socket inside of containers");
      binds.push({ source: path, target, ...readOnly });
    }
  }
  return { volumes, ...(binds.length > 0 && { binds }), ...(anonymous.length > 0 && { anonymous }) };
}
