import { DescribeAvailabilityZonesCommand } from "@aws-sdk/client-ec2";
import type { Check } from "./finding.ts";

const SUBJECT = "zones";

/** Whether the account has the zones in which a stack makes subnets of its own; their letters are the account's own. */
export const subnets: Check = {
  subject: SUBJECT,
  async look({ aws, needs: { ownSubnets } }) {
    if (ownSubnets.length === 0) return [];
    const Filters = [
      { Name: "zone-type", Values: ["availability-zone"] },
      { Name: "state", Values: ["available"] },
    ];
    const { AvailabilityZones = [] } = await aws.ec2.send(new DescribeAvailabilityZonesCommand({ Filters }));
    const there = AvailabilityZones.flatMap(({ ZoneName }) => ZoneName ?? []).sort();
    const missing = ownSubnets.filter((zone) => !there.includes(zone));
    if (missing.length === 0) return [{ level: "ok", subject: SUBJECT, text: `${ownSubnets.join(", ")} can be used` }];
    const text = `there is no ${missing.join(", ")}, or nothing can be made in it`;
    const next = `Choose other zones in the variables: ${there.join(", ")} can be used.`;
    return [{ level: "problem", subject: SUBJECT, text, next }];
  },
};
