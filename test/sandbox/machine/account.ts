import { onTestFinished } from "vitest";
import { awsOfMachines } from "../../../src/sandbox/aws-of-machines.ts";
import type { AwsAccess } from "../../../src/sandbox/machine/machine.ts";
import { servicesOf } from "../../../src/sandbox/services/index.ts";
import { createEndpoint } from "../../../src/sandbox/wire/endpoint.ts";
import type { Deed } from "../../../src/sandbox/world/policies/statements.ts";
import { denial } from "../../../src/sandbox/world/role-permissions.ts";
import { World } from "../../../src/sandbox/world/world.ts";

export const ROLE = "arn:aws:sts::000000000000:assumed-role/dev/i-0123456789abcdef0";

/**
 * An account of the running test's own, in which nothing moves, as programs of a machine reach it.
 *
 * @param allows what the machine's role may do; default: all
 */
export async function accountForTest(
  allows: (action: string, resource?: string) => boolean = () => true,
): Promise<AwsAccess> {
  const world = await World.open({ delays: "none" });
  onTestFinished(() => world.close());
  const endpoint = createEndpoint({
    services: servicesOf(world),
    principal: () => undefined,
    faults: world.faults,
    saved: (operation) => world.saved(operation),
    log: () => {},
  });
  const aws = awsOfMachines(world, endpoint);
  const session = {
    arn: ROLE,
    userId: "AROA0123456789:i-0123456789abcdef0",
    denial: ({ action, resource }: Deed) => (allows(action, resource) ? undefined : denial(ROLE, action, resource)),
  };
  return {
    hasCredentials: true,
    service: (name) => aws.service(name),
    call: (service, region, operation, input) => aws.call(session, { service, region, operation, input }),
  };
}
