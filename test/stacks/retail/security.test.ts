import { ScanCommand } from "@aws-sdk/client-dynamodb";
import { DescribeServicesCommand, ListTasksCommand, paginateListTasks, StopTaskCommand } from "@aws-sdk/client-ecs";
import { PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { expect, it, vi } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load } from "../../../src/variables/index.ts";
import { browserForTest } from "../../support/chromium.ts";
import { everything } from "../../support/everything.ts";
import { siteOf } from "../../support/listeners.ts";
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

async function deployed({ ecs }: AwsClients) {
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  expect(services?.[0]?.deployments).toHaveLength(1);
  return services?.[0]?.deployments?.[0];
}

async function ended({ ecs }: AwsClients): Promise<number> {
  const asked = { cluster, serviceName: service, desiredStatus: "STOPPED" as const };
  let count = 0;
  for await (const { taskArns = [] } of paginateListTasks({ client: ecs }, asked)) count += taskArns.length;
  return count;
}

/** A role that gets its policy, or loses it, and a service that goes on in its deployment. */
const REPAIRED = { "carts-task-role": "update", "carts-task-definition": "unchanged", "carts-service": "update" };

/** Ends what runs of the carts, and waits until two tasks after it have ended by themselves. */
async function restartInVain(aws: AwsClients): Promise<void> {
  const { taskArns = [] } = await aws.ecs.send(new ListTasksCommand({ cluster, serviceName: service }));
  for (const task of taskArns) await aws.ecs.send(new StopTaskCommand({ cluster, task }));
  const before = await ended(aws);
  await vi.waitFor(async () => expect(await ended(aws)).toBeGreaterThan(before + 2), {
    timeout: 120_000,
    interval: 100,
  });
}

it("carts whose role lacks its policy end and come again until it has that, in the same deployment, and then keep what is put into them", async (t) => {
  const sandbox = await sandboxForTest({ traffic: true, delays: "none" });
  const aws = clientsOf(sandbox);
  const before = await everything(sandbox);
  const [wrong, right] = [stackWith("wrong"), stackWith("right")];
  expect(unfinished(await planOn(sandbox, { stack: wrong, stage }))).toEqual([]);

  const failed = await createOn(sandbox, { stack: wrong, stage, longest });
  const told = failed.tasks.find(({ id }) => id === "carts-service");
  const index = `arn:aws:dynamodb:us-east-1:000000000000:table/${table}/index/idx_global_customerId`;
  expect(told?.error?.why).toMatch(/of its tasks ended by themselves: container application exited with 1\n/);
  expect(told?.error?.why).toContain(
    `is not authorized to perform: dynamodb:Query on resource: ${index} because no identity-based policy allows the dynamodb:Query action`,
  );
  expect(told?.error?.why).toContain(
    `AccessDeniedException: User: arn:aws:sts::000000000000:assumed-role/${variables.roles.cartsTask}/`,
  );
  const first = await deployed(aws);
  expect(first).toMatchObject({ status: "PRIMARY", rolloutState: "IN_PROGRESS" });

  const planned = (await planOn(sandbox, { stack: right, stage })).tasks.find(({ id }) => id === "carts-service");
  expect(planned?.left).toMatchObject([{ field: "deploymentConfiguration.deploymentCircuitBreaker", to: "rollback" }]);
  const endedBefore = await ended(aws);
  const healed = await createOn(sandbox, { stack: right, stage, longest });
  expect(unfinished(healed)).toEqual([]);
  expect(verdicts(healed)).toMatchObject(REPAIRED);
  expect((await ended(aws)) - endedBefore).toBeLessThanOrEqual(2);
  expect(await deployed(aws)).toMatchObject({ id: first?.id, rolloutState: "COMPLETED" });
  const page = await (await browserForTest((reason) => t.skip(reason))).newPage();
  await page.goto(`${await siteOf(sandbox)}/catalog/gentleman`);
  await page.getByRole("button", { name: "Add to cart" }).click();
  expect(await page.locator("main").innerText()).toContain("1 x gentleman");
  const { Items = [] } = await aws.dynamodb.send(new ScanCommand({ TableName: table }));
  expect(Items).toMatchObject([{ itemId: { S: "gentleman" }, quantity: { N: "1" }, unitPrice: { N: "795" } }]);

  // Once more, and repaired by hand as the run has said.
  expect(verdicts(await createOn(sandbox, { stack: wrong, stage, longest }))).toMatchObject(REPAIRED);
  await restartInVain(aws);
  const [, RoleName, PolicyName, PolicyDocument] =
    /put-role-policy --role-name (\S+) --policy-name (\S+) --policy-document '(.*)'/.exec(told?.error?.next ?? "") ??
    [];
  expect([RoleName, PolicyName]).toEqual([variables.roles.cartsTask, "CartsDynamoPolicy"]);
  await aws.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  const endedInVain = await ended(aws);
  // What somebody put there is theirs, and not taken away.
  expect(verdicts(await createOn(sandbox, { stack: wrong, stage, longest }))["carts-task-role"]).toBe("unchanged");
  await vi.waitFor(
    async () => {
      await page.reload();
      expect(await page.locator("main").innerText()).toContain("1 x gentleman");
    },
    { timeout: 120_000, interval: 100 },
  );
  expect((await ended(aws)) - endedInVain).toBeLessThanOrEqual(2);
  expect((await deployed(aws))?.id).toBe(first?.id);
  expect(unfinished(await destroyOn(sandbox, { stack: wrong, longest }))).toEqual([]);
  expect(await everything(sandbox)).toEqual(before);
  aws.close();
});
