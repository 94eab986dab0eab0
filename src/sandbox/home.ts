import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The folder that a user's sandbox lives in: what is running, its state, its log. */
export interface Home {
  readonly folder: string;
  /** Who runs where, with which keys. */
  readonly record: string;
  /** Everything that the sandbox's account holds. Deleting it resets the sandbox. */
  readonly world: string;
  /** What can be made again; kept over a reset. */
  readonly cache: string;
  /** The certification authorities, which people may have come to trust; kept over a reset. */
  readonly authorities: string;
  readonly log: string;
  /** Says which process may serve this home; see claim.ts. */
  readonly claims: string;
}

/** What is known of a home's sandbox. Readable by its user only, because it holds the secret key. */
export interface SandboxRecord {
  /** Kept over a stop, so that the next start takes the same port and an exported environment stays right. */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly version: string;
  /** Where docker and the like reach the registries of images, as `host:port`; kept as the endpoint is. */
  readonly registry?: string;
  /** Where names are looked up, likewise. */
  readonly dns?: string;
  /** Of the process that serves; absent: it was stopped. */
  readonly pid?: number;
  readonly startedAt?: string;
}

/** BIA_SANDBOX_HOME, else the per-user data folder of the platform. */
export function sandboxHome(env: NodeJS.ProcessEnv = process.env): Home {
  const folder = env.BIA_SANDBOX_HOME || join(dataFolder(env), "bia-infra", "sandbox");
  return {
    folder,
    record: join(folder, "sandbox.json"),
    world: join(folder, "world"),
    cache: join(folder, "cache"),
    authorities: join(folder, "authorities"),
    log: join(folder, "sandbox.log"),
    claims: join(folder, "claims"),
  };
}

function dataFolder(env: NodeJS.ProcessEnv): string {
  if (process.platform === "win32") return env.LOCALAPPDATA || join(homedir(), "AppData", "Local");
  if (process.platform === "darwin") return join(homedir(), "Library", "Application Support");
  return env.XDG_DATA_HOME || join(homedir(), ".local", "share");
}

/** Makes the folders of a home, closed to everybody else. */
export async function makeHome(home: Home): Promise<void> {
  for (const folder of [home.folder, home.claims, home.world]) await mkdir(folder, { recursive: true, mode: 0o700 });
  // A folder that a user made for BIA_SANDBOX_HOME may be open.
  await chmod(home.folder, 0o700);
}

/** Undefined: there never was a sandbox here, or its record is unreadable and worth nothing. */
export async function readRecord(home: Home): Promise<SandboxRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(home.record, "utf8")) as Partial<SandboxRecord>;
    return isComplete(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isComplete(record: Partial<SandboxRecord>): record is SandboxRecord {
  return [record.endpoint, record.accessKeyId, record.secretAccessKey, record.version].every(
    (value) => typeof value === "string",
  );
}

/** Writes the record so that a reader sees the old one or the new one, never half of one. */
export async function writeRecord(home: Home, record: SandboxRecord): Promise<void> {
  const temporary = `${home.record}.${randomBytes(4).toString("hex")}`;
  await writeFile(temporary, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  try {
    await replace(temporary, home.record);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Windows refuses to replace a file while somebody reads it, which is over in a moment. */
async function replace(from: string, to: string): Promise<void> {
  const deadline = Date.now() + 2_000;
  for (;;) {
    try {
      return await rename(from, to);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!["EPERM", "EACCES", "EBUSY"].includes(code ?? "") || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
