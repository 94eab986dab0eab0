import type { ServiceQuota } from "@aws-sdk/client-service-quotas";
import { AwsError, defineService, notEmulated, type Service } from "../wire/service.ts";
import type { World } from "../world/world.ts";
import { pageOf } from "./page.ts";

/** Service Quotas: what the account may have of what the sandbox has a quota of its own for. */
export function serviceQuotas(world: World): Service {
  return world.serve(
    defineService(
      "servicequotas",
      () => import("@aws-sdk/client-service-quotas"),
      {
        GetServiceQuota: {
          accepts: ["ServiceCode", "QuotaCode"],
          handle({ ServiceCode, QuotaCode }, { region }) {
            const Quota = quotasOf(world, region, ServiceCode).find((quota) => quota.QuotaCode === QuotaCode);
            if (!Quota) throw notEmulated(`the quota ${QuotaCode} of ${ServiceCode}`);
            return { Quota };
          },
        },
        ListServiceQuotas: {
          accepts: ["ServiceCode", "MaxResults", "NextToken"],
          handle({ ServiceCode, MaxResults, NextToken }, { region }) {
            const invalid = () => new AwsError("InvalidPaginationTokenException", "The pagination token is not valid.");
            const size = MaxResults ?? world.pageSize;
            const { items, next } = pageOf(quotasOf(world, region, ServiceCode), { size, token: NextToken, invalid });
            return { Quotas: items, ...(next !== undefined && { NextToken: next }) };
          },
        },
      },
      { rules: () => import("./models/service-quotas.json", { with: { type: "json" } }) },
    ),
  );
}

/** Names and shape are those of `aws service-quotas get-service-quota --service-code ec2 --quota-code L-1216C47A`. */
function quotasOf(world: World, region: string, service: string | undefined): ServiceQuota[] {
  if (service !== "ec2") throw notEmulated(`quotas of ${service}`);
  world.region(region);
  const QuotaCode = "L-1216C47A";
  return [
    {
      ServiceCode: "ec2",
      ServiceName: "Amazon Elastic Compute Cloud (Amazon EC2)",
      QuotaArn: `arn:aws:servicequotas:${region}:${world.account}:ec2/${QuotaCode}`,
      QuotaCode,
      QuotaName: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
      Value: world.vcpus,
      Unit: "None",
      Adjustable: true,
      GlobalQuota: false,
    },
  ];
}
