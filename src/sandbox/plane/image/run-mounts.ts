import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { copyEntries, planCopy } from "./copy.ts";
import type { Instruction } from "./dockerfile.ts";
import { type Environment, expand, place } from "./environment.ts";
import { ImageError } from "./error.ts";
import type { Stage } from "./stage.ts";

interface MountedFiles {
  readonly plan: Awaited<ReturnType<typeof planCopy>>;
  readonly target: string;
}

/**
 * The files that a RUN has only while it runs (`--mount=type=bind`). Caches and tmpfs need nothing: npm's cache is that of
 * this computer anyway.
 */
export async function mountedIn(
  stage: Stage,
  { mounts, line }: Instruction,
  environment: Environment,
): Promise<MountedFiles[]> {
  const mounted: MountedFiles[] = [];
  for (const mount of mounts) {
    const options = Object.fromEntries(
      mount.split(",").map((part) => [...part.split("="), ""].slice(0, 2) as [string, string]),
    );
    const { type = "bind", from, source = options.src ?? "." } = options;
    const target = options.target ?? options.dst ?? options.destination;
    if (type === "cache" || type === "tmpfs") continue;
    if (type !== "bind") {
      throw new ImageError(`dockerfile line ${line}: RUN --mount=type=${type} is not emulated by the sandbox`, {
        line,
      });
    }
    if (target === undefined)
      throw new ImageError(`dockerfile parse error on line ${line}: invalid mount: target is required`, { line });
    const files = await (from === undefined ? environment.context() : environment.from(from, line));
    mounted.push({
      plan: await planCopy(files, [expand(stage, source, line)], target, line),
      target: stage.path(target),
    });
  }
  return mounted;
}

/** Puts mounted files into a root. @returns the paths of those that were not there */
export async function lend(mounted: readonly MountedFiles[], root: string): Promise<string[]> {
  const lent: string[] = [];
  for (const { plan, target } of mounted) {
    const entries = await copyEntries(plan, target, root, { owner: undefined, mode: undefined });
    for (const entry of entries) {
      if ((await lstat(join(root, entry.path)).catch(() => undefined)) === undefined) lent.push(entry.path);
    }
    await place(entries, root);
  }
  return lent;
}
