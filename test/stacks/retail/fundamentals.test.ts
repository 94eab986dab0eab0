import { DescribeServicesCommand, UpdateServiceCommand, type UpdateServiceCommandInput } from "@aws-sdk/client-ecs";
import { expect, it } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import type { ListenerRow } from "../../../src/sandbox/controllers/balancing.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load } from "../../../src/variables/index.ts";
import { type Drift, describeContract } from "../../kinds/contract.ts";
import { everything } from "../../support/everything.ts";
import { ofRetail } from "../../support/of-retail.ts";
import { createOn, destroyOn, planOn, unfinished, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";

const PLACE = { region: "us-east-1", target: "sandbox" } as const;
const variables = ofRetail((await load(undefined, "/", "retail")).variables);
const stack = stackOf(variables, PLACE);

function changed(field: RegExp, by: (aws: AwsClients) => Promise<Partial<UpdateServiceCommandInput>>): Drift {
  const of = { cluster: variables.cluster.name, service: variables.ui.name };
  return { field, make: async (aws) => aws.ecs.send(new UpdateServiceCommand({ ...of, ...(await by(aws)) })) };
}

/** The service's network with something else in it. */
async function network({ ecs }: AwsClients, otherwise: object) {
  const of = { cluster: variables.cluster.name, services: [variables.ui.name] };
  const { services } = await ecs.send(new DescribeServicesCommand(of));
  const now = services?.[0]?.networkConfiguration?.awsvpcConfiguration;
  return { networkConfiguration: { awsvpcConfiguration: { subnets: [], ...now, ...otherwise } } };
}

describeContract({
  task: "ui-service",
  stack,
  drifts: {
    "another count": changed(/^desiredCount$/, async () => ({ desiredCount: 1 })),
    "public addresses": changed(/^networkConfiguration\.assignPublicIp$/, (aws) =>
      network(aws, { assignPublicIp: "ENABLED" }),
    ),
    "containers that take no commands": changed(/^enableExecuteCommand$/, async () => ({
      enableExecuteCommand: false,
    })),
  },
});

it("the retail stack without NAT gateways runs its tasks in public subnets, with public addresses", async () => {
  const without = stackOf({ ...variables, network: { ...variables.network, nat: "none" } }, PLACE);
  const sandbox = await sandboxForTest({ delays: "none" });
  const before = await everything(sandbox);
  expect(unfinished(await createOn(sandbox, { stack: without }))).toEqual([]);
  expect(unfinished(await destroyOn(sandbox, { stack: without }))).toEqual([]);
  expect(await everything(sandbox)).toEqual(before);
});

it("the retail stack gets a NAT gateway for each zone, and goes back to one", async () => {
  const each = stackOf({ ...variables, network: { ...variables.network, nat: "per-zone" } }, PLACE);
  const sandbox = await sandboxForTest({ delays: "none" });
  await createOn(sandbox, { stack, only: "private-routes-a" });
  expect(unfinished(await createOn(sandbox, { stack: each }))).toEqual([]);
  expect(verdicts(await planOn(sandbox, { stack: each }))).toMatchObject({ "private-routes-b": "unchanged" });
  expect(verdicts(await planOn(sandbox, { stack }))).toMatchObject({ "private-routes-a": "update" });
  expect(unfinished(await createOn(sandbox, { stack }))).toEqual([]);
});

/** The page of the shop, as a browser on this computer has it. */
async function page({ endpoint, keys }: RunningSandbox): Promise<{ status: number; text: string }> {
  const headers = { authorization: `Bearer ${keys.secretAccessKey}` };
  const found = await (await fetch(`${endpoint}/_sandbox/status`, { headers })).json();
  const [row] = (found as { listeners: ListenerRow[] }).listeners;
  const answer = await fetch(`http://${row?.address}:${row?.localPort}/home`);
  return { status: answer.status, text: await answer.text() };
}

it("the shop opens, gets its banner without a failed request, and goes without a trace", async () => {
  const sandbox = await sandboxForTest({ traffic: true, delays: "none" });
  const before = await everything(sandbox);
  expect(unfinished(await createOn(sandbox, { stack }))).toEqual([]);
  expect(await page(sandbox)).toMatchObject({ status: 200, text: expect.stringContaining("Retail Store Sample") });
  const banner = "We've updated the UI service!";
  const updated = stackOf({ ...variables, ui: { ...variables.ui, banner } }, PLACE);
  const codes = new Set<number>();
  let isOver = false;
  const asking = (async () => {
    while (!isOver) codes.add((await page(sandbox)).status);
  })();
  const { tasks } = await createOn(sandbox, { stack: updated });
  isOver = true;
  await asking;
  const told = tasks.filter(({ verdict }) => verdict !== "unchanged").map(({ id }) => id);
  expect(told).toEqual(["ui-task-definition", "ui-service"]);
  expect(codes).toEqual(new Set([200]));
  expect((await page(sandbox)).text).toContain(banner);
  expect(unfinished(await destroyOn(sandbox, { stack: updated }))).toEqual([]);
  expect(await everything(sandbox)).toEqual(before);
});
