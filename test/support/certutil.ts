import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MISSING =
  "no certutil here (Debian, Ubuntu: apt-get install libnss3-tools), so no browser was made to trust a certificate";

/**
 * Makes Chromium with this HOME trust an authority, as `bia-infra sandbox ca --help` says. Where there is no certutil the
 * test is skipped; in CI never.
 */
export function trust(home: string, pem: string, skip: (reason: string) => never): void {
  const isHere = process.env.PATH?.split(":").some((folder) => existsSync(join(folder, "certutil")));
  if (!isHere && process.env.CI) throw new Error(MISSING);
  if (!isHere) skip(MISSING);
  const store = join(home, ".pki", "nssdb");
  mkdirSync(store, { recursive: true });
  const file = join(store, "ca.pem");
  writeFileSync(file, pem);
  // Of a store that is there already, it would ask for the password, for ever.
  if (!existsSync(join(store, "cert9.db"))) execFileSync("certutil", ["-d", `sql:${store}`, "-N", "--empty-password"]);
  execFileSync("certutil", ["-d", `sql:${store}`, "-A", "-t", "C,,", "-n", "of the sandbox", "-i", file]);
}
