import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { DescribeServicesCommand, ListTasksCommand } from "@aws-sdk/client-ecs";
import { PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { expect, it, vi } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import type { ListenerRow } from "../../../src/sandbox/controllers/balancing.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load } from "../../../src/variables/index.ts";
import { browserForTest } from "../../support/chromium.ts";
import { everything } from "../../support/everything.ts";
import { ofRetail } from "../../support/of-retail.ts";
import { clientsOf, createOn, destroyOn, planOn, unfinished, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";

const variables = ofRetail((await load(undefined, "/", "retail")).variables);
const stackWith = (taskRole: "right" | "wrong") =>
  stackOf({ ...variables, carts: { ...variables.carts, taskRole } }, { region: "us-east-1", target: "sandbox" });
const stage = ["network", "fundamentals", "service-connect", "security"];
const { name: cluster } = variables.cluster;
const { name: service, table } = variables.carts;
/** Milliseconds that one run may take. */
const longest = 240_000;

/** Where this computer opens the shop. */
async function shopOf({ endpoint, keys }: RunningSandbox): Promise<string> {
  const headers = { authorization: `Bearer ${keys.secretAccessKey}` };
  const found = await (await fetch(`${endpoint}/_sandbox/status`, { headers })).json();
  const [row] = (found as { listeners: ListenerRow[] }).listeners;
  return `http://${row?.address}:${row?.localPort}`;
}

async function deployed({ ecs }: AwsClients) {
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  expect(services?.[0]?.deployments).toHaveLength(1);
  return services?.[0]?.deployments?.[0];
}

async function ended({ ecs }: AwsClients): Promise<number> {
  const asked = { cluster, serviceName: service, desiredStatus: "STOPPED" as const };
  return (await ecs.send(new ListTasksCommand(asked))).taskArns?.length ?? 0;
}

it("carts with the wrong role end and come again until it has the policy, and then keep what is put into them", async (t) => {
  const sandbox = await sandboxForTest({ traffic: true, delays: "none" });
  const aws = clientsOf(sandbox);
  const before = await everything(sandbox);
  const wrong = stackWith("wrong");
  expect(unfinished(await planOn(sandbox, { stack: wrong, stage }))).toEqual([]);

  const failed = await createOn(sandbox, { stack: wrong, stage, longest });
  const told = failed.tasks.find(({ id }) => id === "carts-service");
  const index = `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/index/idx_global_customerId`;
  expect(told?.error?.why).toMatch(/of its tasks ended by themselves: container application exited with 1\n/);
  expect(told?.error?.why).toContain(
    `is not authorized to perform: dynamodb:Query on resource: ${index} because no identity-based policy allows the dynamodb:Query action`,
  );
  expect(told?.error?.why).toContain(
    `AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/${variables.roles.task}/`,
  );
  const first = await deployed(aws);
  expect(first).toMatchObject({ status: "PRIMARY", rolloutState: "IN_PROGRESS" });

  // By hand, as the run has said.
  const [, RoleName, PolicyName, PolicyDocument] =
    /put-role-policy --role-name (\S+) --policy-name (\S+) --policy-document '(.*)'/.exec(told?.error?.next ?? "") ??
    [];
  expect([RoleName, PolicyName]).toEqual([variables.roles.task, "CartsDynamoPolicy"]);
  await aws.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  const endedBefore = await ended(aws);
  await vi.waitFor(async () => expect(await deployed(aws)).toMatchObject({ rolloutState: "COMPLETED" }), {
    timeout: 120_000,
    interval: 100,
  });
  expect((await deployed(aws))?.id).toBe(first?.id);
  expect((await ended(aws)) - endedBefore).toBeLessThanOrEqual(2);

  expect(unfinished(await createOn(sandbox, { stack: wrong, stage, longest }))).toEqual([]);
  const page = await (await browserForTest((reason) => t.skip(reason))).newPage();
  await page.goto(`${await shopOf(sandbox)}/catalog/gentleman`);
  await page.getByRole("button", { name: "Add to cart" }).click();
  expect(await page.locator("main").innerText()).toContain("1 x gentleman");
  const { Items = [] } = await aws.dynamodb.send(new ScanCommand({ TableName: table }));
  expect(Items).toMatchObject([{ itemId: { S: "gentleman" }, quantity: { N: "1" }, unitPrice: { N: "795" } }]);

  const right = stackWith("right");
  const changed = verdicts(await createOn(sandbox, { stack: right, stage, longest }));
  expect(changed).toMatchObject({ "carts-task-definition": "update", "carts-service": "update" });
  await page.reload();
  expect(await page.locator("main").innerText()).toContain("1 x gentleman");
  expect(unfinished(await destroyOn(sandbox, { stack: right, longest }))).toEqual([]);
  expect(await everything(sandbox)).toEqual(before);
  aws.close();
});
