import { DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import {
  CreateTargetGroupCommand,
  DescribeTargetGroupsCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  type ModifyTargetGroupCommandInput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import type { TargetGroupDesired } from "../../../src/kinds/elbv2/target-group.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { type Drift, describeContract } from "../contract.ts";
import { balancedStack } from "./stack.ts";

const only = "target-group";
const stack = balancedStack();

async function arnOf({ elbv2 }: AwsClients): Promise<string> {
  const { TargetGroups } = await elbv2.send(new DescribeTargetGroupsCommand({ Names: ["tg-bia"] }));
  return TargetGroups?.[0]?.TargetGroupArn ?? "";
}

function check(field: string, change: Omit<ModifyTargetGroupCommandInput, "TargetGroupArn">): Drift {
  return {
    field: new RegExp(`^healthCheck\\.${field}$`),
    make: async (aws) => aws.elbv2.send(new ModifyTargetGroupCommand({ TargetGroupArn: await arnOf(aws), ...change })),
  };
}

describeContract({
  task: only,
  stack,
  drifts: {
    "another protocol of its health check": check("protocol", { HealthCheckProtocol: "HTTPS" }),
    "another port of its health check": check("port", { HealthCheckPort: "8080" }),
    "another path of its health check": check("path", { HealthCheckPath: "/api/versao" }),
    "another interval of its health check": check("interval", { HealthCheckIntervalSeconds: 300 }),
    "another timeout of its health check": check("timeout", { HealthCheckTimeoutSeconds: 10 }),
    "another healthy threshold": check("healthyThreshold", { HealthyThresholdCount: 2 }),
    "another unhealthy threshold": check("unhealthyThreshold", { UnhealthyThresholdCount: 10 }),
    "other codes that count as healthy": check("codes", { Matcher: { HttpCode: "200-499" } }),
    "another attribute": {
      field: /^deregistration_delay\.timeout_seconds$/,
      make: async (aws) => {
        const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "300" }];
        const TargetGroupArn = await arnOf(aws);
        return aws.elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn, Attributes }));
      },
    },
  },
});

describe("a target group", () => {
  it.each<Partial<TargetGroupDesired>>([
    { port: 8080 },
    { protocol: "HTTPS" },
    { protocolVersion: "HTTP2" },
    { targetType: "ip" },
  ])("cannot have %o in place", async (otherwise) => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { only, stack });
    const changed = balancedStack({ targetGroup: otherwise });
    const [field] = Object.keys(otherwise);
    expect((await planOn(sandbox, { only, stack: changed })).tasks.at(-1)).toMatchObject({
      changes: [{ field, needsReplacement: true }],
    });
    expect((await createOn(sandbox, { only, stack: changed })).failed).toBe(true);
  });

  it("is deleted although AWS says for a while that its listener still uses it", async () => {
    const sandbox = await sandboxForTest({ delays: "none", speed: 60 });
    await createOn(sandbox, { only, stack });
    const { targetGroups } = sandbox.world.region("us-east-1").elbv2;
    const [group] = targetGroups.all();
    targetGroups.update(group?.TargetGroupArn ?? "", ({ hidden }) => {
      hidden.inUseUntil = new Date(sandbox.world.now().getTime() + 90_000);
    });
    const { events, failed } = await destroyOn(sandbox, { stack });
    expect(failed).toBe(false);
    expect(events).toContainEqual(
      expect.objectContaining({
        task: only,
        reason: expect.stringMatching(/ResourceInUse: Target group .* in use by/),
      }),
    );
  });

  it("that somebody else made is used as it is, and left", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const aws = clientsOf(sandbox);
    onTestFinished(() => aws.close());
    const { Vpcs } = await aws.ec2.send(new DescribeVpcsCommand({}));
    const VpcId = Vpcs?.[0]?.VpcId;
    await aws.elbv2.send(new CreateTargetGroupCommand({ Name: "tg-bia", Protocol: "HTTP", Port: 80, VpcId }));
    const before = await everything(sandbox);
    expect(verdicts(await createOn(sandbox, { only, stack }))).toMatchObject({ [only]: "foreign" });
    await destroyOn(sandbox, { stack });
    expect(await everything(sandbox)).toEqual(before);
  });
});
