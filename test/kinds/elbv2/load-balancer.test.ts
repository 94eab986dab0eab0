import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import {
  CreateLoadBalancerCommand,
  DescribeLoadBalancersCommand,
  ModifyLoadBalancerAttributesCommand,
  SetSecurityGroupsCommand,
  SetSubnetsCommand,
  waitUntilLoadBalancerAvailable,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";
import { balancedStack } from "./stack.ts";

const only = "load-balancer";
const stack = balancedStack();

async function arnOf({ elbv2 }: AwsClients): Promise<string> {
  const { LoadBalancers } = await elbv2.send(new DescribeLoadBalancersCommand({ Names: ["bia-alb"] }));
  return LoadBalancers?.[0]?.LoadBalancerArn ?? "";
}

async function subnetsOf({ ec2 }: AwsClients, ...zones: string[]): Promise<string[]> {
  const Filters = [{ Name: "availability-zone", Values: zones }];
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters }));
  return Subnets.flatMap(({ SubnetId }) => SubnetId ?? []);
}

function bound(sandbox: RunningSandbox): AwsClients {
  const clients = clientsOf(sandbox);
  onTestFinished(() => clients.close());
  return clients;
}

describeContract({
  task: only,
  stack,
  drifts: {
    "other subnets": {
      field: /^subnets$/,
      make: async (aws) => {
        const Subnets = await subnetsOf(aws, "us-east-1a", "us-east-1d");
        return aws.elbv2.send(new SetSubnetsCommand({ LoadBalancerArn: await arnOf(aws), Subnets }));
      },
    },
    "other security groups": {
      field: /^securityGroups$/,
      make: async (aws) => {
        const Filters = [{ Name: "group-name", Values: ["default"] }];
        const found = await aws.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
        const SecurityGroups = [found.SecurityGroups?.[0]?.GroupId ?? ""];
        return aws.elbv2.send(new SetSecurityGroupsCommand({ LoadBalancerArn: await arnOf(aws), SecurityGroups }));
      },
    },
    "another attribute": {
      field: /^idle_timeout\.timeout_seconds$/,
      make: async (aws) => {
        const Attributes = [{ Key: "idle_timeout.timeout_seconds", Value: "4000" }];
        const LoadBalancerArn = await arnOf(aws);
        return aws.elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
      },
    },
  },
});

describe("a load balancer", () => {
  it("whose address type was changed gets the wanted one again", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { only, stack });
    const arn = await arnOf(bound(sandbox));
    const { loadBalancers } = sandbox.world.region("us-east-1").elbv2;
    loadBalancers.update(arn, (draft) => {
      draft.IpAddressType = "dualstack";
    });
    const planned = await planOn(sandbox, { only, stack });
    expect(planned.tasks.at(-1)).toMatchObject({
      verdict: "update",
      changes: [{ field: "ipAddressType", from: "dualstack", to: "ipv4" }],
    });
    await createOn(sandbox, { only, stack });
    expect(loadBalancers.get(arn)?.IpAddressType).toBe("ipv4");
  });

  it("cannot be made internal in place: the plan says so and create refuses it", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { only, stack });
    const internal = balancedStack({ balancer: { scheme: "internal" } });
    expect((await planOn(sandbox, { only, stack: internal })).tasks.at(-1)).toMatchObject({
      changes: [{ field: "scheme", from: "internet-facing", to: "internal", needsReplacement: true }],
    });
    const refused = await createOn(sandbox, { only, stack: internal });
    expect(refused.failed).toBe(true);
    expect(JSON.stringify(refused.tasks)).toContain("needs replacement");
  });

  it("is ready once AWS says that it is active, and says meanwhile what it waits for", async () => {
    const sandbox = await sandboxForTest({ delays: "real", speed: 300 });
    const { events } = await createOn(sandbox, { only, stack });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "waiting", task: only, reason: "provisioning", usually: 120 }),
    );
  });

  it("that AWS could not set up is not waited for", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    sandbox.world.watch("elbv2", "loadBalancers", ({ elbv2 }, { key, before }) => {
      if (before) return;
      elbv2.loadBalancers.update(key, (draft) => {
        draft.State = { Code: "failed", Reason: "no addresses left" };
      });
    });
    const { tasks } = await createOn(sandbox, { only, stack });
    expect(tasks.at(-1)).toMatchObject({ verdict: "failed", error: { why: expect.stringContaining("no addresses") } });
  });

  it("that somebody else made is used as it is, and left", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const aws = bound(sandbox);
    const Subnets = await subnetsOf(aws, "us-east-1a", "us-east-1b");
    await aws.elbv2.send(new CreateLoadBalancerCommand({ Name: "bia-alb", Subnets }));
    await waitUntilLoadBalancerAvailable({ client: aws.elbv2, maxWaitTime: 60 }, { Names: ["bia-alb"] });
    const before = await everything(sandbox);
    expect(verdicts(await createOn(sandbox, { only: "http-listener", stack }))).toMatchObject({
      [only]: "foreign",
      "http-listener": "create",
    });
    await destroyOn(sandbox, { stack });
    expect(await everything(sandbox)).toEqual(before);
  });

  it("trap 5: is waited for no longer once AWS refuses to show it, other than the SDK's own waiters do", async () => {
    const sandbox = await sandboxForTest({ delays: "real" });
    const denied = { code: "AccessDenied", message: "not authorized to perform DescribeLoadBalancers", status: 403 };
    const operation = "elasticloadbalancing:DescribeLoadBalancers";
    // By then it has been made and is waited for.
    const fromThenOn = Array.from({ length: 100 }, (_, index) => index + 5);
    sandbox.world.faults.set([{ operation, nth: fromThenOn, effect: { error: denied } }]);
    const { tasks, events } = await createOn(sandbox, { only, stack });
    expect(tasks.at(-1)).toMatchObject({ verdict: "failed", error: { why: expect.stringContaining(denied.message) } });
    expect(events).toContainEqual(expect.objectContaining({ type: "waiting", reason: "provisioning" }));
    expect(sandbox.world.faults.strikes()[0]?.struck).toBe(1);
  });

  it("trap 4: that the account may not create is explained, with where to ask for it", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const message =
      "This AWS account currently does not support creating load balancers. For more information, please contact AWS Support.";
    const effect = { error: { code: "OperationNotPermitted", message } };
    sandbox.world.faults.set([{ operation: "elasticloadbalancing:CreateLoadBalancer", effect }]);
    const { tasks } = await createOn(sandbox, { only, stack });
    expect(tasks.at(-1)).toMatchObject({
      verdict: "failed",
      error: {
        why: `OperationNotPermitted: ${message}`,
        next: expect.stringMatching(/console\.aws\.amazon\.com\/support.*loadBalancer: false/),
      },
    });
  });

  it("trap 10: leaves interfaces that hold its security group: destroy names them and waits", async () => {
    const sandbox = await sandboxForTest({ delays: "real", speed: 300 });
    await createOn(sandbox, { only, stack });
    const { events, failed } = await destroyOn(sandbox, { stack });
    expect(failed).toBe(false);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "waiting",
        task: "security-group",
        reason: expect.stringMatching(
          /DependencyViolation: resource sg-\w+ has a dependent object: interface eni-\w+ \(ELB app\/bia-alb\/\w+\)/,
        ),
      }),
    );
  });
});
