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
    const { replacing, scaledOut } = needed;
    const needs = `the stack has ${replacing} at once while tasks are replaced${scaledOut > replacing ? `, ${scaledOut} scaled out` : ""}`;
    const most = await quotaOf(aws, QUOTA);
    if (most === undefined) {
      const many =
        Math.max(replacing, scaledOut) > NEW_ACCOUNT ? `; a new account may have no more than ${NEW_ACCOUNT}` : "";
      const next = `Look ${ASK}, and ask for more there if it is less.`;
      return [{ level: "note", subject: SUBJECT, text: `${needs}${many}`, next }];
    }
    const text = `${needs}; the account may run ${most}`;
    const next = `Ask for more ${ASK}; it may take a day.`;
    if (replacing > most) return [{ level: "problem", subject: SUBJECT, text, next }];
    if (scaledOut > most) return [{ level: "note", subject: SUBJECT, text: `${text}, so it scales no further`, next }];
    return [{ level: "ok", subject: SUBJECT, text }];
  },
};
