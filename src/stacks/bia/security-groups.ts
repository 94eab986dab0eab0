import { type Ref, task } from "../../engine/task.ts";
import { securityGroup } from "../../kinds/ec2/security-group.ts";
import type { BiaVariables } from "../../variables/index.ts";
import { fromAddresses } from "../ingress.ts";

/** Security groups of stages 2-3, each letting in the one before it: the internet, load balancer, instances, database. */
export function securityGroups(
  { loadBalancer, launchTemplate, database }: BiaVariables,
  vpcId: Ref<string>,
  workMachine: Ref<string>,
) {
  const balancer = loadBalancer
    ? task("alb-security-group", `security group ${loadBalancer.securityGroup.name}`, securityGroup, {
        name: loadBalancer.securityGroup.name,
        description: loadBalancer.securityGroup.description,
        vpcId,
        ingress: loadBalancer.securityGroup.ingress.map(fromAddresses),
        tags: {},
      })
    : undefined;

  const { name, description, fromLoadBalancer, ingress } = launchTemplate.securityGroup;
  const instances = task("ec2-security-group", `security group ${name}`, securityGroup, {
    name,
    description,
    vpcId,
    ingress: [
      // Tasks get their ports at random, so every port is open to the load balancer.
      ...(balancer ? [fromGroup(balancer.out(groupId), 0, 65_535, fromLoadBalancer)] : []),
      ...ingress.map(fromAddresses),
    ],
    tags: {},
  });

  const { port, securityGroup: own } = database;
  const data = task("db-security-group", `security group ${own.name}`, securityGroup, {
    name: own.name,
    description: own.description,
    vpcId,
    ingress: [
      fromGroup(instances.out(groupId), port, port, own.fromCluster),
      fromGroup(workMachine, port, port, own.fromDevMachine),
    ],
    tags: {},
  });

  return { balancer, instances, database: data };
}

function fromGroup(sourceGroup: Ref<string>, fromPort: number, toPort: number, description: string) {
  return { protocol: "tcp", fromPort, toPort, sourceGroup, description };
}

const groupId = (group: { readonly groupId: string }) => group.groupId;
