import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";

/**
 * A folder that is made once in a run of the tests: by the first that asks, in whatever process; the others wait for it. It
 * is to be read only.
 */
export async function madeOnce(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(inject("shared"), name);
  const unfinished = `${folder}.unfinished`;
  while (!existsSync(folder)) {
    if (await isClaimed(unfinished)) {
      await sleep(50);
      continue;
    }
    try {
      await make(unfinished);
      await rename(unfinished, folder);
    } finally {
      // Another one tries if it failed.
      await rm(unfinished, { recursive: true, force: true });
    }
  }
  return folder;
}

/** False: it is ours now. */
async function isClaimed(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return true;
    throw error;
  }
}
