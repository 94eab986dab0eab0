import { findingsOn } from "../aws/finding.ts";
import { databases } from "./databases.ts";
import { domain } from "./domain.ts";
import { fargate } from "./fargate.ts";
import type { Check, Examined, Finding } from "./finding.ts";
import { freePlan } from "./free-plan.ts";
import { instanceTypes } from "./instance-types.ts";
import { linkedRoles } from "./linked-roles.ts";
import { natGateways } from "./nat-gateways.ts";
import { network } from "./network.ts";
import { quotas } from "./quotas.ts";
import { region } from "./region.ts";
import { subnets } from "./subnets.ts";
import { vcpus } from "./vcpus.ts";

export type { Examined, Finding } from "./finding.ts";

/** All checks, in the order in which their findings are told. */
const CHECKS: readonly Check[] = [
  region,
  network,
  subnets,
  instanceTypes,
  databases,
  ...quotas,
  natGateways,
  vcpus,
  fargate,
  linkedRoles,
  domain,
  freePlan,
];

/** Looks at everything that a create would stumble over. Only reads. */
export async function findingsOf(examined: Examined): Promise<Finding[]> {
  return (await Promise.all(CHECKS.map((check) => findingsOn(check.subject, () => check.look(examined))))).flat();
}
