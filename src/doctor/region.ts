import { DescribeRegionsCommand } from "@aws-sdk/client-ec2";
import type { Check } from "./finding.ts";

/** Whether the account may use the region (ec2:DescribeRegions lists those that are enabled). */
export const region: Check = {
  subject: "region",
  async look({ aws, region }) {
    const { Regions } = await aws.ec2.send(new DescribeRegionsCommand({}));
    if (Regions?.some(({ RegionName }) => RegionName === region)) {
      return [{ level: "ok", subject: "region", text: `${region} is enabled` }];
    }
    const next = "Enable it under Account in the console, or choose another: AWS_REGION, or region in the variables.";
    return [{ level: "problem", subject: "region", text: `${region} is not enabled for this account`, next }];
  },
};
