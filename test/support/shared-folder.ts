import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of what is made once in a run, whichever test asks first; see `madeOnce`. */
    shared: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "bia-shared-"));
  project.provide("shared", folder);
  return () => rm(folder, { recursive: true, force: true });
}
