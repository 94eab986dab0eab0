import { type Instance, paginateDescribeInstances } from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { fromTagList } from "../../aws/tags.ts";
import type { AutoScalingGroup } from "./scaling-group.ts";

/** States in which an instance still holds its security groups and profile. */
const THERE = ["pending", "running", "stopping", "stopped", "shutting-down"];

/**
 * What is left of a group that is gone: instances that still carry its name (tag `aws:autoscaling:groupName`, which only
 * AWS sets). Undefined: nothing is.
 */
export async function leftInstances(aws: Aws, name: string): Promise<AutoScalingGroup | undefined> {
  const Filters = [
    { Name: "tag:aws:autoscaling:groupName", Values: [name] },
    { Name: "instance-state-name", Values: THERE },
  ];
  const left: Instance[] = [];
  for await (const page of paginateDescribeInstances({ client: aws.ec2 }, { Filters })) {
    for (const { Instances } of page.Reservations ?? []) left.push(...(Instances ?? []));
  }
  const [first] = left;
  if (!first) return undefined;
  return {
    arn: "",
    name,
    launchTemplate: { id: "", version: "" },
    minSize: 0,
    maxSize: 0,
    desiredCapacity: 0,
    subnets: [],
    defaultCooldown: 0,
    healthCheckType: "",
    healthCheckGracePeriod: 0,
    metrics: [],
    targetGroups: [],
    instances: left.map(({ InstanceId = "" }) => ({
      instanceId: InstanceId,
      state: "Terminating",
      version: undefined,
    })),
    profiles: [],
    deleting: true,
    keepsInstances: false,
    failure: undefined,
    stuck: false,
    tags: fromTagList(first.Tags),
  };
}
