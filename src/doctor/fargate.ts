import type { Check } from "./finding.ts";
import { quotaOf } from "./service-quota.ts";

const SUBJECT = "Fargate vCPUs";
/** Fargate On-Demand vCPU resource count. */
const QUOTA = { ServiceCode: "fargate", QuotaCode: "L-3032A538" };
/** Quota of many new accounts. *Seen* */
const NEW_ACCOUNT = 6;
const ASK = "in the console under Service Quotas, AWS Fargate, Fargate On-Demand vCPU resource count (L-3032A538)";

/** Whether the stack's tasks on Fargate may run at once: beyond the quota only an event of the service says that they may not. */
export const fargate: Check = {
  subject: SUBJECT,
  async look({ aws, needs: { fargateVcpus: needed } }) {
    if (needed === undefined) return [];
    const most = await quotaOf(aws, QUOTA);
    if (most === undefined) {
      const many = needed > NEW_ACCOUNT ? `; a new account may have no more than ${NEW_ACCOUNT}` : "";
      const text = `the stack has ${needed} at once while tasks are replaced${many}`;
      return [{ level: "note", subject: SUBJECT, text, next: `Look ${ASK}, and ask for more there if it is less.` }];
    }
    const text = `the stack has ${needed} at once while tasks are replaced, the account may run ${most}`;
    if (needed <= most) return [{ level: "ok", subject: SUBJECT, text }];
    return [{ level: "problem", subject: SUBJECT, text, next: `Ask for more ${ASK}; it may take a day.` }];
  },
};
