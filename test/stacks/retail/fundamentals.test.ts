import {
  DescribeServicesCommand,
  ListTaskDefinitionsCommand,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from "@aws-sdk/client-ecs";
import { expect, it } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import { LoadClient } from "../../../src/load/load.ts";
import { Tally } from "../../../src/load/tally.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load } from "../../../src/variables/index.ts";
import { type Drift, describeContract } from "../../kinds/contract.ts";
import { browserForTest } from "../../support/chromium.ts";
import { everything } from "../../support/everything.ts";
import { siteOf } from "../../support/listeners.ts";
import { ofRetail } from "../../support/of-retail.ts";
import { clientsOf, createOn, destroyOn, planOn, unfinished, verdicts } from "../../support/runs.ts";
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

/** Asks for the url 50 times a second while something is done, and counts what came of it. */
async function under50(url: URL, act: () => Promise<void>): Promise<Tally> {
  const [client, tally, done] = [new LoadClient(url), new Tally(), new AbortController()];
  const loading = client.load({ rate: 50, duration: 60_000, tally, signal: done.signal });
  await act();
  done.abort();
  await loading;
  await client.close();
  return tally;
}

/** Before the shop has other services. */
const LABS = ["network", "fundamentals"];

it("the shop opens in a browser, gets its banner without a failed request of 50 a second, and goes without a trace", async (t) => {
  const sandbox = await sandboxForTest({ traffic: true, delays: "none" });
  const before = await everything(sandbox);
  expect(unfinished(await createOn(sandbox, { stack, stage: LABS }))).toEqual([]);
  const shop = new URL(`${await siteOf(sandbox)}/home`);
  const page = await (await browserForTest((reason) => t.skip(reason))).newPage();
  await page.goto(shop.href);
  const banner = "We've updated the UI service!";
  expect(await page.textContent("body")).not.toContain(banner);
  const updated = stackOf({ ...variables, ui: { ...variables.ui, banner } }, PLACE);
  const { failures, answers } = await under50(shop, async () => {
    const { tasks } = await createOn(sandbox, { stack: updated, stage: LABS });
    const told = tasks.filter(({ verdict }) => verdict !== "unchanged").map(({ id }) => id);
    expect(told).toEqual(["ui-task-definition", "ui-service"]);
  });
  expect({ failures, some: answers > 50 }).toEqual({ failures: 0, some: true });
  await page.reload();
  expect(await page.title()).toContain("Retail Store Sample");
  expect(await page.textContent("body")).toContain(banner);
  const clients = clientsOf(sandbox);
  const listed = new ListTaskDefinitionsCommand({ familyPrefix: variables.ui.family });
  const { taskDefinitionArns } = await clients.ecs.send(listed);
  clients.close();
  expect(taskDefinitionArns?.map((arn) => arn.split("/")[1])).toEqual([
    "retail-store-ecs-ui:1",
    "retail-store-ecs-ui:2",
  ]);
  expect(unfinished(await destroyOn(sandbox, { stack: updated }))).toEqual([]);
  expect(await everything(sandbox)).toEqual(before);
});
