import {
  DeleteRouteCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  ModifySubnetAttributeCommand,
} from "@aws-sdk/client-ec2";
import { expect, it } from "vitest";
import { clientsOf, createOn } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

async function cutRoute(ec2: EC2Client): Promise<void> {
  const RouteTableId = (await ec2.send(new DescribeRouteTablesCommand({}))).RouteTables?.[0]?.RouteTableId ?? "";
  await ec2.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0" }));
}

async function giveNoAddress(ec2: EC2Client): Promise<void> {
  for (const { SubnetId } of (await ec2.send(new DescribeSubnetsCommand({}))).Subnets ?? []) {
    await ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: false } }));
  }
}

it.each([
  ["has no route to the internet", cutRoute],
  ["has no public address, because its subnet", giveNoAddress],
])("a machine that %s is named at once, and nobody waits for its agent", async (why, cut) => {
  const sandbox = await sandboxForTest({ delays: "none" });
  await cut(clientsOf(sandbox).ec2);
  const started = Date.now();
  const { tasks } = await createOn(sandbox, { only: "dev-ready" });
  const failed = tasks.filter(({ error }) => error);
  expect(failed.map(({ error }) => error?.why)).toEqual([expect.stringContaining(why)]);
  expect(failed[0]?.error?.next).toMatch(/0\.0\.0\.0\/0|modify-subnet-attribute/);
  expect(Date.now() - started).toBeLessThan(45_000);
});

it("is looked for once, and not by those who may not look at routes", async () => {
  const denied = { error: { code: "UnauthorizedOperation", status: 403 } };
  const sandbox = await sandboxForTest({ faults: [{ operation: "ec2:DescribeRouteTables", effect: denied }] });
  const { byOperation, failed } = await createOn(sandbox, { only: "dev-ready" });
  expect(failed).toBe(false);
  expect(byOperation["ec2:DescribeRouteTables"]).toBe(1);
});
