import { lstat, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerRecord } from "./record.ts";

const LOOPBACK = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"];

/** Writes a container's `/etc/hosts` at its start, as docker does. @param gateway the machine's own address */
export async function writeHosts(
  { spec, id, address, runs }: ContainerRecord,
  root: string,
  gateway: string,
): Promise<void> {
  if (runs === "postgres") return;
  const folder = join(root, "etc");
  await mkdir(folder, { recursive: true });
  // A link of the image's would lead out of it.
  if ((await lstat(folder)).isSymbolicLink()) return;
  const added = (spec.extraHosts ?? []).map((one) => {
    return `${one.address === "host-gateway" ? gateway : one.address} ${one.name}`;
  });
  const own = address === undefined ? [] : [`${address} ${spec.hostname ?? id.slice(0, 12)}`];
  const file = join(folder, "hosts");
  await rm(file, { force: true });
  await writeFile(file, `${[...LOOPBACK, ...added, ...own].join("\n")}\n`, { flag: "wx" });
}
