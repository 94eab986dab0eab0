import { type _InstanceType, DescribeInstanceTypeOfferingsCommand } from "@aws-sdk/client-ec2";
import type { Check, Examined, Finding } from "./finding.ts";

/**
 * Whether the zones offer the instance types. Letters of zones are the account's own, so the zone without t3 is another
 * letter in each account.
 */
export const instanceTypes: Check = {
  subject: "instance types",
  look: (examined) => Promise.all(wanted(examined).map((one) => offered(examined, one))),
};

interface Wanted {
  readonly type: string;
  readonly zones: readonly string[];
}

function wanted({ needs }: Examined): Wanted[] {
  const types = [...new Set(needs.instances.map(({ type }) => type))];
  return types.map((type) => {
    const zones = needs.instances.filter((one) => one.type === type).flatMap((one) => one.zones);
    return { type, zones: [...new Set(zones)].sort() };
  });
}

async function offered({ aws }: Examined, { type, zones }: Wanted): Promise<Finding> {
  const subject = `instance type ${type}`;
  const Filters = [{ Name: "instance-type", Values: [type as _InstanceType] }];
  const { InstanceTypeOfferings = [] } = await aws.ec2.send(
    new DescribeInstanceTypeOfferingsCommand({ LocationType: "availability-zone", Filters }),
  );
  const there = InstanceTypeOfferings.map(({ Location }) => Location ?? "").sort();
  const without = zones.filter((zone) => !there.includes(zone));
  if (without.length === 0) return { level: "ok", subject, text: `offered in ${zones.join(", ")}` };
  const next =
    there.length === 0
      ? "Choose another type in the variables: this region does not have it."
      : `Choose other zones in the variables: it is offered in ${there.join(", ")}.`;
  return { level: "problem", subject, text: `not offered in ${without.join(", ")}`, next };
}
