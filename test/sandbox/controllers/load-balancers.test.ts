import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import { DeleteLoadBalancerCommand, DescribeLoadBalancersCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../../../src/sandbox/sandbox.ts";
import { type Balancing, balancing, createBalancer, seconds } from "../services/elbv2/fixtures.ts";

async function interfacesOf({ ec2 }: Balancing): Promise<number | undefined> {
  const Filters = [{ Name: "requester-id", Values: ["amazon-elb"] }];
  const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
  return NetworkInterfaces?.length ?? 0;
}

/** A sandbox that is kept in a folder; `again` closes it and opens it as the next process would. */
async function kept(): Promise<{ first: Balancing; again: () => Promise<Balancing> }> {
  const folder = await mkdtemp(path.join(tmpdir(), "bia-balancers-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const options = { folder, delays: "real", speed: "manual", throttling: false } as const;
  const sandbox = await startSandbox(options);
  const first = await balancing({}, sandbox);
  return {
    first,
    again: async () => {
      await sandbox.close();
      return balancing(options);
    },
  };
}

test("a load balancer that was being provisioned when the sandbox was closed becomes active after all", async () => {
  const { first, again } = await kept();
  await createBalancer(first);
  await seconds(first, 60);
  const later = await again();
  await seconds(later, 180);
  const { LoadBalancers } = await later.elbv2.send(new DescribeLoadBalancersCommand({}));
  expect(LoadBalancers).toMatchObject([{ State: { Code: "active" } }]);
  expect(await interfacesOf(later)).toBe(2);
});

test("interfaces that lingered when the sandbox was closed go after all", async () => {
  const { first, again } = await kept();
  const LoadBalancerArn = await createBalancer(first);
  await seconds(first, 150);
  await first.elbv2.send(new DeleteLoadBalancerCommand({ LoadBalancerArn }));
  await seconds(first, 60);
  const later = await again();
  expect(await interfacesOf(later)).toBe(2);
  await seconds(later, 200);
  expect(await interfacesOf(later)).toBe(0);
});
