import { Authorities } from "./plane/authorities.ts";
import type { Control } from "./server.ts";
import { REGION_NAMES } from "./world/catalogue/zones.ts";
import { databaseDomain } from "./world/database-domain.ts";
import { registryHost } from "./world/registry.ts";
import type { World } from "./world/world.ts";

/** Who signs for the sandbox's own servers, by their names on AWS too, and for the certificates of ACM. */
export function sandboxAuthorities(account: string, folder: string | undefined): Authorities {
  const names = REGION_NAMES.flatMap((region) => [registryHost(account, region), databaseDomain(account, region)]);
  return new Authorities(names, folder);
}

/** The certificate of an authority, as the sandbox's own API tells it. */
export interface AuthorityAnswer {
  readonly pem: string;
  /** Where it lies. Absent: it was asked for by a domain. */
  readonly file?: string;
}

/**
 * Tells the certificate of the sandbox's authority, or, asked for a `domain`, that of whoever signed a certificate for it.
 *
 * @throws Error if no certificate was issued for the domain
 */
export function authorityTeller(world: World, authorities: Authorities): Control {
  return async (asked): Promise<AuthorityAnswer> => {
    const { domain } = asked as { domain?: string };
    if (domain === undefined) return await authorities.root();
    const names = [domain, domain.replace(/^[^.]+/, "*")];
    const chain = world
      .regions()
      .flatMap(({ acm }) =>
        acm.certificates.filter((one) => one.SubjectAlternativeNames.some((name) => names.includes(name))),
      )
      .flatMap(({ hidden }) => hidden.pem?.chain ?? [])[0];
    if (chain === undefined) throw new Error(`No certificate for ${domain} was issued.`);
    return { pem: chain.slice(chain.lastIndexOf("-----BEGIN")) };
  };
}
