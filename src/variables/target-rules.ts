import { VariablesError } from "./load.ts";
import type { Variables } from "./schemas.ts";

/** Top-level domains that are reserved for tests and documentation (RFC 2606, RFC 6761): nobody can own one. */
const RESERVED = /\.(test|example|invalid|localhost|local)$|^example\.(com|net|org)$/;

/**
 * Refuses what is fine on one target and hopeless on another.
 *
 * @param file the variables file; undefined: there was none
 * @throws VariablesError
 */
export function checkForTarget(variables: Variables, target: "sandbox" | "aws", file: string | undefined): void {
  if (target === "aws" && "catalog" in variables && variables.catalog.persistence === "memory") {
    const allowed = "on aws mysql: only the sandbox's stand-in of the catalog knows memory";
    const problem = { path: "catalog.persistence", problem: 'is "memory"', allowed };
    throw new VariablesError(
      file ?? "the variables",
      [problem],
      "Leave catalog.persistence out: then it is right for each target.",
    );
  }
  const name = "domain" in variables ? variables.domain.name : undefined;
  if (target === "sandbox" || name === undefined || !RESERVED.test(name)) return;
  const problem = {
    path: "domain.name",
    problem: `is ${JSON.stringify(name)}`,
    allowed: "on aws a domain that you own: this one is reserved, so AWS would never issue a certificate for it",
  };
  throw new VariablesError(
    file ?? "the variables",
    [problem],
    "Name your own domain, or leave domain.name out: then there is no HTTPS.",
  );
}
