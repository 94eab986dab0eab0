import { DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  ModifyListenerCommand,
  type ModifyListenerCommandInput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { type Drift, describeContract } from "../contract.ts";
import { balancedStack, CERTIFICATE, OTHER_CERTIFICATE, SSL_POLICY, withCertificates } from "./stack.ts";

const stack = balancedStack();

/** The certificates, and a target group of somebody else. */
async function prepare(sandbox: RunningSandbox): Promise<void> {
  await withCertificates(sandbox);
  const { ec2, elbv2, close } = opened(sandbox);
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({}));
  const VpcId = Vpcs?.[0]?.VpcId;
  await elbv2.send(new CreateTargetGroupCommand({ Name: "tg-other", Protocol: "HTTP", Port: 80, VpcId }));
  close();
}

function opened(sandbox: RunningSandbox): Pick<AwsClients, "ec2" | "elbv2"> & { close: () => void } {
  const clients = clientsOf(sandbox);
  return { ec2: clients.ec2, elbv2: clients.elbv2, close: () => clients.close() };
}

async function balancerOf(elbv2: AwsClients["elbv2"]): Promise<string> {
  const { LoadBalancers } = await elbv2.send(new DescribeLoadBalancersCommand({ Names: ["bia-alb"] }));
  return LoadBalancers?.[0]?.LoadBalancerArn ?? "";
}

async function otherGroup(elbv2: AwsClients["elbv2"]): Promise<string> {
  const { TargetGroups } = await elbv2.send(new DescribeTargetGroupsCommand({ Names: ["tg-other"] }));
  return TargetGroups?.[0]?.TargetGroupArn ?? "";
}

function drift(field: RegExp, port: number, change: Omit<ModifyListenerCommandInput, "ListenerArn">): Drift {
  return { field, make: ({ elbv2 }) => modify(elbv2, port, change) };
}

async function modify(
  elbv2: AwsClients["elbv2"],
  port: number,
  change: Omit<ModifyListenerCommandInput, "ListenerArn">,
): Promise<void> {
  const LoadBalancerArn = await balancerOf(elbv2);
  const { Listeners = [] } = await elbv2.send(new DescribeListenersCommand({ LoadBalancerArn }));
  const ListenerArn = Listeners.find(({ Port }) => Port === port)?.ListenerArn;
  await elbv2.send(new ModifyListenerCommand({ ListenerArn, ...change }));
}

describeContract({
  task: "http-listener",
  stack,
  prepare,
  drifts: {
    "another target group": {
      field: /^targetGroup$/,
      make: async ({ elbv2 }) => {
        const DefaultActions = [{ Type: "forward" as const, TargetGroupArn: await otherGroup(elbv2) }];
        await modify(elbv2, 80, { DefaultActions });
      },
    },
    "another protocol": drift(/^protocol$/, 80, {
      Protocol: "HTTPS",
      Certificates: [{ CertificateArn: CERTIFICATE }],
    }),
  },
});

describeContract({
  task: "https-listener",
  stack,
  prepare,
  drifts: {
    "another certificate": drift(/^certificate$/, 443, { Certificates: [{ CertificateArn: OTHER_CERTIFICATE }] }),
    "another security policy": drift(/^sslPolicy$/, 443, { SslPolicy: "ELBSecurityPolicy-2016-08" }),
    "no certificate any more": drift(/^(protocol|certificate)$/, 443, { Protocol: "HTTP" }),
  },
});

describe("a listener", () => {
  it("is planned although its load balancer is not there yet", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    expect(verdicts(await planOn(sandbox, { stack }))).toMatchObject({ "http-listener": "create" });
  });

  it("does not wait for its load balancer to become active", async () => {
    const sandbox = await sandboxForTest({ delays: "real", speed: 60 });
    const { events } = await createOn(sandbox, { only: "http-listener", stack });
    const done = events.flatMap((event) => ("task" in event && event.type === "done" ? event.task : []));
    expect(done.indexOf("http-listener")).toBeLessThan(done.indexOf("load-balancer"));
  });

  it("has the security policy that AWS chose where none is wanted", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await withCertificates(sandbox);
    const unsaid = balancedStack({ https: { sslPolicy: undefined } });
    await createOn(sandbox, { only: "https-listener", stack: unsaid });
    expect(verdicts(await planOn(sandbox, { only: "https-listener", stack: unsaid }))["https-listener"]).toBe(
      "unchanged",
    );
    expect((await planOn(sandbox, { only: "https-listener", stack })).tasks.at(-1)).toMatchObject({
      changes: [{ field: "sslPolicy", to: SSL_POLICY }],
    });
  });

  it("is deleted although AWS goes on listing one that is gone, and then refuses to name any tags", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await withCertificates(sandbox);
    await createOn(sandbox, { stack });
    const effect = { lag: 2 };
    sandbox.world.faults.set([{ operation: "elasticloadbalancing:DescribeListeners", effect }]);
    const { failed, events } = await destroyOn(sandbox, { stack });
    expect(events.filter(({ type }) => type === "failed")).toEqual([]);
    expect(failed).toBe(false);
    expect(sandbox.world.region("us-east-1").elbv2.listeners.all()).toEqual([]);
  });

  it("on the same port that somebody else made is used as it is, and left", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { only: "target-group", stack });
    await createOn(sandbox, { only: "load-balancer", stack });
    await prepare(sandbox);
    const aws = opened(sandbox);
    onTestFinished(() => aws.close());
    const DefaultActions = [{ Type: "forward" as const, TargetGroupArn: await otherGroup(aws.elbv2) }];
    const LoadBalancerArn = await balancerOf(aws.elbv2);
    await aws.elbv2.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions }));
    const before = await everything(sandbox);
    const { tasks } = await createOn(sandbox, { only: "http-listener", stack });
    expect(tasks.at(-1)).toMatchObject({ verdict: "foreign", changes: [{ field: "targetGroup" }] });
    expect(await everything(sandbox)).toEqual(before);
  });

  it("trap 7: with a certificate that is not issued is refused, and AWS's words are explained", async () => {
    const sandbox = await sandboxForTest({ delays: "real", speed: 600 });
    await withCertificates(sandbox);
    sandbox.world.region("us-east-1").acm.certificates.update(CERTIFICATE, (draft) => {
      draft.Status = "PENDING_VALIDATION";
    });
    const { tasks } = await createOn(sandbox, { only: "https-listener", stack });
    expect(tasks.at(-1)).toMatchObject({
      verdict: "failed",
      error: {
        why: expect.stringMatching(/^UnsupportedCertificate: .* must have a fully-qualified domain name/),
        next: expect.stringContaining("not issued yet"),
      },
    });
  });
});
