import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BoundPort, Container, ContainerSpec, ContainerState } from "../container.ts";
import type { Image, ImageConfig } from "../image.ts";
import { replaceFile } from "../replace-file.ts";

/** What is kept of a container; readable by its user only, because its environment may hold secrets. */
export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly spec: ContainerSpec;
  readonly imageId: string;
  /** As it was when the container was made. */
  readonly image: ImageConfig;
  readonly runs: Image["runs"];
  readonly argv: readonly string[];
  readonly created: string;
  readonly address?: string;
  readonly state: ContainerState;
  readonly ports: readonly BoundPort[];
  readonly restartCount: number;
  /** It was started and nobody has stopped it since. */
  readonly wanted: boolean;
}

const FILE = "container.json";

export async function readRecords(folder: string): Promise<ContainerRecord[]> {
  const ids = await readdir(folder).catch(() => []);
  const texts = await Promise.all(ids.map((id) => readFile(join(folder, id, FILE), "utf8").catch(() => undefined)));
  // One without a record was about to be made or deleted.
  await Promise.all(ids.filter((_, at) => texts[at] === undefined).map((id) => removeRecord(folder, id)));
  return texts.filter((text) => text !== undefined).map((text) => JSON.parse(text) as ContainerRecord);
}

export async function writeRecord(folder: string, record: ContainerRecord): Promise<void> {
  await replaceFile(join(folder, record.id, FILE), JSON.stringify(record));
}

/** The record goes first, so that an interrupted removal is completed by the next start. */
export async function removeRecord(folder: string, id: string): Promise<void> {
  await rm(join(folder, id, FILE), { force: true });
  await rm(join(folder, id), { recursive: true, force: true });
}

/** What callers see of a container. */
export function publicView({ image: _, runs: __, wanted: ___, ...container }: ContainerRecord): Container {
  return container;
}
