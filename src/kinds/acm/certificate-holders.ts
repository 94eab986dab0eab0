import { DescribeCertificateCommand } from "@aws-sdk/client-acm";
import type { Aws } from "../../aws/clients.ts";
import { tagsOf } from "../../aws/load-balancing-tags.ts";
import { STACK_TAG } from "../../aws/tags.ts";
import type { Blocker } from "../../engine/task.ts";

/**
 * What serves a certificate (acm:DescribeCertificate, InUseBy). A load balancer that is gone, or ours and going, is let go of
 * within minutes; whatever else uses it stays until a person takes it off.
 */
export async function certificateHolder(aws: Aws, { arn }: { readonly arn: string }): Promise<Blocker | undefined> {
  const { Certificate: detail } = await aws.acm.send(new DescribeCertificateCommand({ CertificateArn: arn }));
  const users = detail?.InUseBy ?? [];
  if (users.length === 0) return undefined;
  const looks = users.map(async (user) => ((await isStaying(aws, user)) ? [inWords(user)] : []));
  const staying = (await Promise.all(looks)).flat();
  if (staying.length === 0) return { by: users.map(inWords).join(", ") };
  const by = staying.join(", ");
  return { by, next: `Take certificate ${arn} off ${by} in the AWS console, then run the same command again.` };
}

async function isStaying(aws: Aws, user: string): Promise<boolean> {
  if (!user.includes(":loadbalancer/")) return true;
  const tags = (await tagsOf(aws, [user])).get(user);
  return tags !== undefined && tags[STACK_TAG] !== aws.stack;
}

/** The last part of an ARN: `app/bia-alb/50dc6c49`. */
function inWords(arn: string): string {
  return arn.slice(arn.indexOf("/") + 1);
}
