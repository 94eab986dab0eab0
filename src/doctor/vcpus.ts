import { DescribeInstanceTypesCommand, type Instance, paginateDescribeInstances } from "@aws-sdk/client-ec2";
import { STACK_TAG } from "../aws/tags.ts";
import type { Check, Examined, Finding } from "./finding.ts";
import { quotaOf } from "./service-quota.ts";

const SUBJECT = "vCPUs";
/** Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances. */
const QUOTA = { ServiceCode: "ec2", QuotaCode: "L-1216C47A" };
/** Instance types that the quota counts; other families (G, P, Inf, ...) have quotas of their own. */
const STANDARD = /^([acdhimrtz]|im|is)\d/;
/** Quota of many new accounts (Service Quotas, L-1216C47A); some have 1, others 32. */
const NEW_ACCOUNT = 5;
const ASK = "in the console under Service Quotas, Amazon EC2, Running On-Demand Standard instances (L-1216C47A)";

/** Whether the stack's instances may run beside what runs already; how many vCPUs they have, where nobody may ask for the quota. */
export const vcpus: Check = {
  subject: SUBJECT,
  async look(examined) {
    if (examined.needs.instances.length === 0) return [];
    const [byType, most, others] = await Promise.all([
      vcpusByType(examined),
      quotaOf(examined.aws, QUOTA),
      vcpusOfOthers(examined),
    ]);
    const needed = examined.needs.instances.reduce((sum, { type, count }) => sum + count * (byType.get(type) ?? 0), 0);
    return [most === undefined ? unasked(needed) : judge(needed, most, others)];
  },
};

function judge(needed: number, most: number, others: number): Finding {
  const beside = others === 0 ? "" : `, of which others use ${others}`;
  const text = `the stack needs ${needed} at once, the account may run ${most}${beside}`;
  if (needed + others <= most) return { level: "ok", subject: SUBJECT, text };
  const what = others === 0 ? "Ask" : "Stop instances that are not needed, or ask";
  const next = `${what} for more ${ASK}; it may take a day.`;
  return { level: "problem", subject: SUBJECT, text, next };
}

function unasked(needed: number): Finding {
  const text = `the stack needs ${needed} at once`;
  if (needed <= 1) return { level: "ok", subject: SUBJECT, text };
  const many = needed > NEW_ACCOUNT ? `; a new account may have no more than ${NEW_ACCOUNT}` : "";
  const next = `Look ${ASK}, and ask for more there if it is less.`;
  return { level: "note", subject: SUBJECT, text: `${text}${many}`, next };
}

/** What runs and is no stack's; 0 also where it may not be looked at. Spot instances have a quota of their own. */
async function vcpusOfOthers({ aws }: Examined): Promise<number> {
  const Filters = [{ Name: "instance-state-name", Values: ["pending", "running"] }];
  try {
    let sum = 0;
    for await (const { Reservations = [] } of paginateDescribeInstances({ client: aws.ec2 }, { Filters })) {
      for (const one of Reservations.flatMap(({ Instances = [] }) => Instances))
        if (isCounted(one)) sum += vcpusOf(one);
    }
    return sum;
  } catch {
    return 0;
  }
}

function isCounted({ InstanceType, InstanceLifecycle, Tags = [] }: Instance): boolean {
  const isOurs = Tags.some(({ Key }) => Key === STACK_TAG);
  return !isOurs && InstanceLifecycle === undefined && STANDARD.test(InstanceType ?? "");
}

function vcpusOf({ CpuOptions }: Instance): number {
  return (CpuOptions?.CoreCount ?? 0) * (CpuOptions?.ThreadsPerCore ?? 1);
}

async function vcpusByType({ aws, needs }: Examined): Promise<Map<string, number>> {
  const Filters = [{ Name: "instance-type", Values: [...new Set(needs.instances.map(({ type }) => type))] }];
  const { InstanceTypes = [] } = await aws.ec2.send(new DescribeInstanceTypesCommand({ Filters }));
  return new Map(InstanceTypes.map(({ InstanceType = "", VCpuInfo }) => [InstanceType, VCpuInfo?.DefaultVCpus ?? 0]));
}
