import { DescribeInstanceTypesCommand } from "@aws-sdk/client-ec2";
import type { Check, Examined } from "./finding.ts";

const SUBJECT = "vCPUs";
/** Quota of many new accounts (Service Quotas, L-1216C47A); some have 1, others 32. */
const NEW_ACCOUNT = 5;

/**
 * How many vCPUs the stack's instances have together. The quota itself is known to Service Quotas alone, which no call of
 * ours asks: so this says where to look.
 */
export const vcpus: Check = {
  subject: SUBJECT,
  async look(examined) {
    const byType = await vcpusByType(examined);
    const needed = examined.needs.instances.reduce((sum, { type, count }) => sum + count * (byType.get(type) ?? 0), 0);
    const text = `the stack needs ${needed} at once`;
    if (needed <= 1) return [{ level: "ok", subject: SUBJECT, text }];
    const many = needed > NEW_ACCOUNT ? `; a new account may have no more than ${NEW_ACCOUNT}` : "";
    const next =
      "Look in the console under Service Quotas, Amazon EC2, Running On-Demand Standard instances (L-1216C47A), and ask for more there if it is less.";
    return [{ level: "note", subject: SUBJECT, text: `${text}${many}`, next }];
  },
};

async function vcpusByType({ aws, needs }: Examined): Promise<Map<string, number>> {
  const Filters = [{ Name: "instance-type", Values: [...new Set(needs.instances.map(({ type }) => type))] }];
  const { InstanceTypes = [] } = await aws.ec2.send(new DescribeInstanceTypesCommand({ Filters }));
  return new Map(InstanceTypes.map(({ InstanceType = "", VCpuInfo }) => [InstanceType, VCpuInfo?.DefaultVCpus ?? 0]));
}
