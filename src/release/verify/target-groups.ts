import type { LoadBalancer } from "@aws-sdk/client-ecs";
import { DescribeTargetGroupsCommand, type TargetGroup } from "@aws-sdk/client-elastic-load-balancing-v2";
import { nameIn } from "../../aws/arn.ts";
import { isCode } from "../../aws/errors.ts";
import type { Finding } from "../../aws/finding.ts";
import { type Check, type Examined, serviceOf } from "./check.ts";

/** Whether tasks can be registered where the service says, and are sent requests then. */
export const targetGroups: Check = {
  subject: "target group",
  async look(examined) {
    const { loadBalancers = [] } = (await serviceOf(examined)) ?? {};
    return Promise.all(loadBalancers.map((one) => judge(examined, one)));
  },
};

async function judge(examined: Examined, { targetGroupArn = "", ...at }: LoadBalancer): Promise<Finding> {
  const subject = "target group";
  const name = targetGroupArn.split("/")[1] ?? nameIn(targetGroupArn);
  const group = await groupOf(examined, targetGroupArn);
  const next = "`bia-infra create --all` puts it right.";
  const problem = (text: string): Finding => ({ level: "problem", subject, text, next });
  if (!group) return problem(`there is no target group ${name}, which the service registers its tasks in`);
  if ((group.LoadBalancerArns ?? []).length === 0)
    return problem(`${name} is on no listener of a load balancer, so nobody reaches the tasks in it`);
  const mapped = examined.definition.containers
    .find((container) => container.name === at.containerName)
    ?.portMappings.some(({ containerPort }) => containerPort === at.containerPort);
  if (!mapped)
    return problem(
      `port ${at.containerPort} of container ${at.containerName}, which is to be in ${name}, is not in the task definition`,
    );
  const wanted = examined.definition.networkMode === "awsvpc" ? "ip" : "instance";
  if (group.TargetType !== wanted)
    return problem(
      `${name} takes targets of type ${group.TargetType}, and tasks in network mode ${examined.definition.networkMode} are of type ${wanted}`,
    );
  return {
    level: "ok",
    subject,
    text: `${name} is on ${group.LoadBalancerArns?.map((arn) => arn.split("/").at(-2)).join(", ")}`,
  };
}

async function groupOf({ aws }: Examined, arn: string): Promise<TargetGroup | undefined> {
  try {
    return (await aws.elbv2.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }))).TargetGroups?.[0];
  } catch (error) {
    if (isCode(error, "TargetGroupNotFound")) return undefined;
    throw error;
  }
}
