import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { expect, it } from "vitest";
import { containersOf } from "../../../src/aws/service-containers.ts";
import { execInContainer, type Streams } from "../../../src/remote/ecs-exec.ts";
import type { ListenerRow } from "../../../src/sandbox/controllers/balancing.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load } from "../../../src/variables/index.ts";
import { browserForTest } from "../../support/chromium.ts";
import { everything } from "../../support/everything.ts";
import { HAS_MYSQL } from "../../support/mysql.ts";
import { ofRetail } from "../../support/of-retail.ts";
import { clientsOf, createOn, destroyOn, planOn, unfinished, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";

const variables = ofRetail((await load(undefined, "/", "retail")).variables);
const stack = stackOf(variables, { region: "us-east-1", target: "sandbox" });
const stage = ["network", "fundamentals", "service-connect"];

/** Where this computer opens the shop. */
async function shopOf({ endpoint, keys }: RunningSandbox): Promise<string> {
  const headers = { authorization: `Bearer ${keys.secretAccessKey}` };
  const found = await (await fetch(`${endpoint}/_sandbox/status`, { headers })).json();
  const [row] = (found as { listeners: ListenerRow[] }).listeners;
  return `http://${row?.address}:${row?.localPort}`;
}

/** What a command prints in a container of the user interface, as `bia-infra exec` runs it. */
async function inUi(sandbox: RunningSandbox, ...argv: string[]): Promise<string> {
  const clients = clientsOf(sandbox);
  const { cluster, ui } = variables;
  const [container] = (await containersOf(clients, cluster.name, ui.name)) ?? [];
  if (!container) throw new Error("no container of the ui runs");
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const streams = { stdin, stdout, stderr: stdout } as unknown as Streams;
  const command = { cluster: cluster.name, task: container.task, container: container.name, argv };
  await execInContainer(clients.ecs, command, streams, new AbortController().signal);
  clients.close();
  return text(stdout.end());
}

/** What was generated for the catalog's database. */
function passwordIn({ world }: RunningSandbox): string {
  const secret = world.region("us-east-1").secretsManager.secrets.get(variables.catalog.secret);
  return /\\?"password\\?":\\?"(\w+)/.exec(JSON.stringify(secret))?.[1] ?? "";
}

/** All that tasks have printed. */
async function printed(sandbox: RunningSandbox) {
  const clients = clientsOf(sandbox);
  const { events } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName: variables.logs.group }));
  clients.close();
  return events;
}

it("the shop shows goods and pictures of services that it calls by name, and goes back to its own without them", async (t) => {
  const sandbox = await sandboxForTest({ traffic: true, delays: "none" });
  const before = await everything(sandbox);
  const created = await createOn(sandbox, { stack, stage });
  expect(unfinished(created)).toEqual([]);
  expect(new Set(Object.values(verdicts(await planOn(sandbox, { stack, stage }))))).toEqual(new Set(["unchanged"]));

  const hosts = await inUi(sandbox, "cat", "/etc/hosts");
  for (const [index, name] of ["assets", "catalog", "ui"].entries()) {
    expect(hosts).toContain(`127.255.0.${index + 1} ${name}`);
    expect(hosts).toContain(`2600:f0f0:0:0:0:0:0:${index + 1} ${name}`);
  }
  const tags = JSON.parse(await inUi(sandbox, "curl", "-s", "http://catalog/catalogue/tags")) as { name: string }[];
  expect(tags.map(({ name }) => name)).toEqual(["smart", "dress", "luxury", "casual"]);

  const password = passwordIn(sandbox);
  const told = JSON.stringify([created, await everything(sandbox), await printed(sandbox)]);
  expect({ isSecret: /^\w{10}$/.test(password), isTold: told.includes(password) }).toEqual({
    isSecret: true,
    isTold: false,
  });

  const shop = await shopOf(sandbox);
  const page = await (await browserForTest((reason) => t.skip(reason))).newPage();
  await page.goto(`${shop}/catalog`);
  expect(await page.locator("li").count()).toBe(6);
  const widths = await page
    .locator("li img")
    .evaluateAll((all) => all.map((one) => (one as unknown as { naturalWidth: number }).naturalWidth));
  expect(widths).toEqual(Array.from({ length: 6 }, () => 160));

  expect(unfinished(await destroyOn(sandbox, { stack, stage: ["service-connect"] }))).toEqual([]);
  const { "ui-links": links, "ui-service": ui } = verdicts(await planOn(sandbox, { stack, stage }));
  expect({ links, ui }).toEqual({ links: "create", ui: "unchanged" });
  await expect
    .poll(
      async () => {
        await page.reload();
        return [await page.locator("li").count(), await page.locator("li img").count()];
      },
      { timeout: 60_000 },
    )
    .toEqual([6, 0]);
  // The secret's name can be used again at once.
  expect(unfinished(await createOn(sandbox, { stack, only: "catalog-secret" }))).toEqual([]);
  expect(unfinished(await destroyOn(sandbox, { stack }))).toEqual([]);
  expect(await everything(sandbox)).toEqual(before);
});

it.runIf(HAS_MYSQL)(
  "the goods are in MySQL where the variables say so, and whoever is in the catalog's group reaches it",
  async () => {
    const inMysql = stackOf(
      { ...variables, catalog: { ...variables.catalog, persistence: "mysql" } },
      { region: "us-east-1", target: "sandbox" },
    );
    const sandbox = await sandboxForTest({ traffic: true, delays: "none" });
    const before = await everything(sandbox);
    const created = await createOn(sandbox, { stack: inMysql, stage });
    expect(unfinished(created)).toEqual([]);
    expect(new Set(Object.values(verdicts(await planOn(sandbox, { stack: inMysql, stage }))))).toEqual(
      new Set(["unchanged"]),
    );
    const tags = JSON.parse(await inUi(sandbox, "curl", "-s", "http://catalog/catalogue/tags")) as { name: string }[];
    expect(tags.map(({ name }) => name)).toEqual(["smart", "dress", "luxury", "casual"]);

    const told = JSON.stringify([created, await everything(sandbox), await printed(sandbox)]);
    expect(told).toContain("retail-store-ecs-catalog");
    expect(told.includes(passwordIn(sandbox))).toBe(false);

    expect(unfinished(await destroyOn(sandbox, { stack: inMysql }))).toEqual([]);
    expect(await everything(sandbox)).toEqual(before);
  },
);
