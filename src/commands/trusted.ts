import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What asks the platform's store of certificates about the one in a file; undefined: there is no such program. */
const PROGRAMS: Partial<Record<NodeJS.Platform, (file: string) => readonly string[]>> = {
  darwin: (file) => ["security", "verify-cert", "-p", "ssl", "-c", file],
  win32: (file) => ["certutil", "-user", "-verify", file],
};

/**
 * Whether the browsers of this computer's user trust an authority. Of Linux the store of Chrome and Chromium is asked. False
 * also where that cannot be told.
 *
 * @param pem its certificate
 */
export async function isTrusted(pem: string): Promise<boolean> {
  const program = PROGRAMS[process.platform];
  return program ? isVerified(pem, program) : isInStore(pem);
}

async function isVerified(pem: string, program: (file: string) => readonly string[]): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "bia-ca-"));
  try {
    const file = join(folder, "ca.pem");
    await writeFile(file, pem);
    const [name = "", ...args] = program(file);
    return await run(name, args).then(
      () => true,
      () => false,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In the store of NSS, under any name (NSS, certutil). */
async function isInStore(pem: string): Promise<boolean> {
  const store = ["-d", `sql:${join(homedir(), ".pki", "nssdb")}`];
  const listed = await run("certutil", [...store, "-L"]).catch(() => ({ stdout: "" }));
  const names = [...listed.stdout.matchAll(/^(\S.*?)\s+\w*[CT]\w*,\S*,\S*\s*$/gm)].map(([, name = ""]) => name);
  for (const name of names) {
    const { stdout } = await run("certutil", [...store, "-L", "-a", "-n", name]).catch(() => ({ stdout: "" }));
    if (compact(stdout).includes(compact(pem))) return true;
  }
  return false;
}

function compact(pem: string): string {
  return pem.replace(/\s/g, "");
}
