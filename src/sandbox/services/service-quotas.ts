import type { ServiceQuota } from "@aws-sdk/client-service-quotas";
import { AwsError, defineService, notEmulated, type Service } from "../wire/service.ts";
import type { Quotas } from "../world/quotas.ts";
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

/** A quota of the sandbox's own, as Service Quotas names it. */
interface Known {
  readonly service: string;
  readonly serviceName: string;
  readonly code: string;
  readonly name: string;
  readonly quota: keyof Quotas;
}

/** Names and codes are those that `aws service-quotas list-service-quotas` prints. */
const KNOWN: readonly Known[] = [
  {
    service: "ec2",
    serviceName: "Amazon Elastic Compute Cloud (Amazon EC2)",
    code: "L-1216C47A",
    name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
    quota: "vcpus",
  },
  {
    service: "fargate",
    serviceName: "AWS Fargate",
    code: "L-3032A538",
    name: "Fargate On-Demand vCPU resource count",
    quota: "fargateVcpus",
  },
  {
    service: "vpc",
    serviceName: "Amazon Virtual Private Cloud (Amazon VPC)",
    code: "L-F678F1CE",
    name: "VPCs per Region",
    quota: "vpcs",
  },
  {
    service: "ec2",
    serviceName: "Amazon Elastic Compute Cloud (Amazon EC2)",
    code: "L-0263D0A3",
    name: "EC2-VPC Elastic IPs",
    quota: "addresses",
  },
  {
    service: "vpc",
    serviceName: "Amazon Virtual Private Cloud (Amazon VPC)",
    code: "L-FE5A380F",
    name: "NAT gateways per Availability Zone",
    quota: "natGateways",
  },
];

function quotasOf(world: World, region: string, service: string | undefined): ServiceQuota[] {
  const known = KNOWN.filter((one) => one.service === service);
  if (known.length === 0) throw notEmulated(`quotas of ${service}`);
  world.region(region);
  return known.map((one) => ({
    ServiceCode: one.service,
    ServiceName: one.serviceName,
    QuotaArn: `arn:aws:servicequotas:${region}:${world.account}:${one.service}/${one.code}`,
    QuotaCode: one.code,
    QuotaName: one.name,
    Value: world.quotas[one.quota],
    Unit: "None",
    Adjustable: true,
    GlobalQuota: false,
  }));
}
