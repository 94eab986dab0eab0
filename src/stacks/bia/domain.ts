import type { BiaVariables } from "../../variables/index.ts";
import type { Place } from "../place.ts";

/** What stands for a domain on the sandbox, where nobody needs to own one: browsers and curl take every name below `localhost` for this computer (RFC 6761, 6.3). */
const SANDBOX_DOMAIN = "bia.localhost";

/** The domain of the stack, and the app's name in it. */
export interface Domain {
  /** e.g. `example.com.br`. */
  readonly name: string;
  /** e.g. `www.example.com.br`. */
  readonly host: string;
  /** Seconds that resolvers may keep the records. */
  readonly ttl: number;
}

/** The domain: the person's own, or a free one on the sandbox. Undefined: none, and so no zone, certificate or HTTPS. */
export function domainOf({ domain, loadBalancer }: BiaVariables, { target }: Place): Domain | undefined {
  if (loadBalancer === false) return undefined;
  const name = domain.name ?? (target === "sandbox" ? SANDBOX_DOMAIN : undefined);
  return name === undefined ? undefined : { name, host: `${domain.host}.${name}`, ttl: domain.ttl };
}
