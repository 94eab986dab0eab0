import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import {
  type Authority,
  type Issued,
  issueCertificate,
  type KeyAlgorithm,
  type KeyPair,
  makeAuthority,
  makeKeys,
  type Order,
} from "./certificate.ts";

/** Domains that are nobody's on the internet, so that nobody is deceived with a certificate for them. (RFC 2606, RFC 6761) */
const NOBODYS = ["localhost", "test", "example", "example.com", "example.net", "example.org"];

/** Names of the files of an authority. */
const ROOT = "root.pem";
const ISSUER = "issuer.pem";
const KEY = "issuer.key";

/** Keys of sandboxes in memory, which end soon and may make hundreds of certificates: one of RSA takes half a second. */
const SHARED = new Map<KeyAlgorithm, Promise<KeyPair>>();

/**
 * The sandbox's own certification authorities. The first signs for names that are nobody's and for the sandbox's own, and
 * is the one that people are asked to trust. A certificate with any other name gets an authority for its names alone: a
 * stolen key is good for nothing else, and whoever trusts one decides on these names.
 */
export class Authorities {
  readonly #own: readonly string[];
  readonly #folder: string | undefined;
  readonly #known = new Map<string, Promise<Authority>>();

  /**
   * @param names of the sandbox's own servers, with what is below them
   * @param folder where they are kept for good; absent: in memory
   */
  constructor(names: readonly string[], folder?: string) {
    this.#own = [...NOBODYS, ...names];
    this.#folder = folder;
  }

  /** The certificate that a client has to trust, in PEM, and where it lies, if it does. */
  async root(): Promise<{ readonly pem: string; readonly file?: string }> {
    const { root: pem } = await this.#authority(this.#own);
    return { pem, ...(this.#folder !== undefined && { file: join(this.#folder, nameOf(this.#own), ROOT) }) };
  }

  async issue(order: Order, algorithm: KeyAlgorithm = "EC_prime256v1"): Promise<Issued> {
    const domains = basesOf(order.names);
    const isOwn = domains.every((domain) => this.#own.some((own) => isWithin(domain, own)));
    const authority = await this.#authority(isOwn ? this.#own : domains);
    return issueCertificate(authority, order, await this.#newKeys(algorithm));
  }

  #authority(domains: readonly string[]): Promise<Authority> {
    const name = nameOf(domains);
    const known = this.#known.get(name);
    if (known) return known;
    const opened = this.#folder === undefined ? makeAuthority(domains) : kept(join(this.#folder, name), domains);
    this.#known.set(name, opened);
    opened.catch(() => this.#known.delete(name));
    return opened;
  }

  #newKeys(algorithm: KeyAlgorithm): Promise<KeyPair> {
    if (this.#folder !== undefined) return makeKeys(algorithm);
    const keys = SHARED.get(algorithm) ?? makeKeys(algorithm);
    SHARED.set(algorithm, keys);
    return keys;
  }
}

/** An authority that may sign for other domains is another one. */
function nameOf(domains: readonly string[]): string {
  return createHash("sha256").update(domains.join(" ")).digest("hex").slice(0, 16);
}

/** Domains that cover the names: without asterisks, each once, none that is below another. */
function basesOf(names: readonly string[]): string[] {
  const all = [...new Set(names.filter((name) => !isIP(name)).map((name) => name.replace(/^\*\./, "")))];
  return all.filter((name) => !all.some((other) => other !== name && isWithin(name, other))).sort();
}

function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}

/** The authority in a folder, which is made if it is absent: as a whole, so that there is never half of one. */
async function kept(folder: string, domains: readonly string[]): Promise<Authority> {
  const read = (name: string) => readFile(join(folder, name), "utf8");
  try {
    const [root, certificate, key] = await Promise.all([ROOT, ISSUER, KEY].map(read));
    return { root, issuer: { certificate, key } } as Authority;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const made = await makeAuthority(domains);
  const unfinished = `${folder}.${randomBytes(4).toString("hex")}`;
  try {
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    await writeFile(join(unfinished, KEY), made.issuer.key, { mode: 0o600 });
    await writeFile(join(unfinished, ISSUER), made.issuer.certificate, { mode: 0o644 });
    await writeFile(join(unfinished, ROOT), made.root, { mode: 0o644 });
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return made;
}
