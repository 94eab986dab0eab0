import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Stack } from "../../src/engine/task.ts";
import { type RunningSandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/sandbox.ts";
import { everythingOn } from "./everything.ts";
import { madeOnce } from "./made-once.ts";
import { createOn, type RunResult, unfinished } from "./runs.ts";

/** The calls of a run in the order in which they were made, e.g. `ec2:RunInstances`. */
export interface CallsMade {
  readonly changing: readonly string[];
  readonly reading: readonly string[];
}

/** How a create of the whole stack goes when nothing goes wrong. */
export interface UndisturbedCreate {
  /** What there is before. */
  readonly before: unknown;
  /** What there is afterwards. */
  readonly created: unknown;
  readonly calls: CallsMade;
}

/**
 * Made once in a run of the tests.
 *
 * @param stack default: the bia stack
 */
export async function undisturbedCreate(stack?: Stack): Promise<UndisturbedCreate> {
  return JSON.parse(await readFile(join(await created(stack), "known.json"), "utf8"));
}

/**
 * A sandbox with the whole stack in it, a new one each time, without waiting for a create.
 *
 * @param stack default: the bia stack
 */
export async function openCreated(options: SandboxOptions = {}, stack?: Stack): Promise<RunningSandbox> {
  return openCopy(join(await created(stack), "world"), options);
}

function created(stack: Stack | undefined): Promise<string> {
  return madeOnce(`created-${stack?.name ?? "bia"}`, (folder) => createOnce(folder, stack));
}

/** Nothing waits, and nothing runs behind a database, so that MySQL need not be installed. */
export const AT_ONCE = { delays: "none", missingMysql: () => undefined } as const;

async function createOnce(folder: string, stack: Stack | undefined): Promise<void> {
  const sandbox = await startSandbox({ ...AT_ONCE, folder: join(folder, "world") });
  const before = await everythingOn(sandbox);
  const calls = await callsOf(sandbox, () => createOn(sandbox, stack ? { stack } : {}));
  const created = await everythingOn(sandbox);
  await sandbox.close();
  await writeFile(join(folder, "known.json"), JSON.stringify({ before, created, calls } satisfies UndisturbedCreate));
}

/** The calls of a run that has to end well. */
export async function callsOf({ world }: RunningSandbox, run: () => Promise<RunResult>): Promise<CallsMade> {
  const kinds = ["changing", "reading"] as const;
  world.faults.set(kinds.map((operation) => ({ operation, effect: { latency: 0 } })));
  const failed = unfinished(await run());
  if (failed.length > 0) throw new Error(`an undisturbed run failed: ${JSON.stringify(failed)}`);
  const [changing = [], reading = []] = world.faults.strikes().map(({ calls }) => calls);
  world.faults.set([]);
  return { changing, reading };
}

/** Opens a copy of a saved world, whose files go with it. */
export async function openCopy(saved: string, options: SandboxOptions = {}): Promise<RunningSandbox> {
  const folder = await mkdtemp(join(tmpdir(), "bia-copy-"));
  await cp(saved, folder, { recursive: true });
  const sandbox = await startSandbox({ ...AT_ONCE, ...options, folder });
  const close = async () => {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...sandbox, close };
}
