import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { ContainerSpec, EngineOptions } from "../container.ts";
import type { Image } from "../image.ts";
import { parseEnv } from "../process/environment.ts";

/** The volumes that there are already, of which one may hold the folder's database of before. */
type Volumes = { has(name: string): boolean; remove(name: string): Promise<void> };

/**
 * What a container of PostgreSQL is made of: a folder of the machine that is to hold the database becomes a volume, with a
 * mark in it, as PostgreSQL cannot work in files in memory. Who deletes the folder's content starts anew.
 *
 * @param files - The machine's; without them nothing is of the machine.
 */
export async function withDatabaseInVolume(
  spec: ContainerSpec,
  image: Image,
  files: EngineOptions["files"],
  volumes: Volumes,
): Promise<ContainerSpec> {
  const ofImage = parseEnv(image.config.Env);
  const { PGDATA = "" } = { ...ofImage, ...spec.env };
  const bind = spec.binds?.find(({ target }) => PGDATA === target || PGDATA.startsWith(`${target}/`));
  if (!bind || !files) return spec;
  const name = `bind-${createHash("sha256").update(bind.source).digest("hex").slice(0, 12)}`;
  const isEmptied = files.list(bind.source).every(({ path }) => path !== "PG_VERSION");
  const isKnown = volumes.has(name);
  if (isKnown && isEmptied) await volumes.remove(name);
  if (!isKnown || isEmptied) {
    const text = Buffer.from(`${ofImage.PG_MAJOR}\n`);
    files.put(posix.join(bind.source, "PG_VERSION"), { path: "", type: "file", mode: 0o600, read: () => text });
  }
  return {
    ...spec,
    volumes: [...(spec.volumes ?? []), { name, target: bind.target }],
    binds: (spec.binds ?? []).filter((one) => one !== bind),
  };
}
