import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTaskDefinitionCommand, DescribeTasksCommand, ListTasksCommand } from "@aws-sdk/client-ecs";
import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { DescribeSecretCommand } from "@aws-sdk/client-secrets-manager";
import { expect, it } from "vitest";
import { containersOf } from "../../../src/aws/service-containers.ts";
import { execInContainer, type Streams } from "../../../src/remote/ecs-exec.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import type { LogEntry } from "../../../src/sandbox/wire/endpoint.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load } from "../../../src/variables/index.ts";
import { browserForTest } from "../../support/chromium.ts";
import { bareEnvironment, type CliResult, reportOf, runCli, verdictsOf } from "../../support/cli.ts";
import { everything } from "../../support/everything.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { siteOf } from "../../support/listeners.ts";
import { HAS_MYSQL } from "../../support/mysql.ts";
import { ofRetail } from "../../support/of-retail.ts";
import { clientsOf, createOn, destroyOn, planOn, unfinished, verdicts } from "../../support/runs.ts";
import { homeOf, sandboxForTest } from "../../support/sandbox.ts";
import { commandLines, filesTelling, toldByConsole } from "../../support/told.ts";

const variables = ofRetail((await load(undefined, "/", "retail")).variables);
const stack = stackOf(variables, { region: "us-east-1", target: "sandbox" });
const stage = ["network", "fundamentals", "service-connect"];

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

/** What AWS answers to whoever may look at the catalog and at its database, but not read secrets. */
async function answered(sandbox: RunningSandbox): Promise<object[]> {
  const { ecs, rds, secretsManager, close } = clientsOf(sandbox);
  const cluster = variables.cluster.name;
  const { taskArns } = await ecs.send(new ListTasksCommand({ cluster, serviceName: variables.catalog.name }));
  const answers = await Promise.all([
    ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns })),
    ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: variables.catalog.family })),
    rds.send(new DescribeDBInstancesCommand({})),
    secretsManager.send(new DescribeSecretCommand({ SecretId: variables.catalog.secret })),
    everything(sandbox),
  ]);
  close();
  return answers;
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
  const [own, ...names] = hosts
    .trim()
    .split(/\r?\n/)
    .filter((line) => !/localhost/.test(line));
  expect(own).toMatch(/^10\.0\.[34]\.\d+ ip-10-0-[34]-\d+\.ec2\.internal$/);
  expect(names).toEqual(
    ["assets", "catalog", "ui"].flatMap((name, index) => [
      `127.255.0.${index + 1} ${name}`,
      `2600:f0f0:0:0:0:0:0:${index + 1} ${name}`,
    ]),
  );
  const tags = JSON.parse(await inUi(sandbox, "curl", "-s", "http://catalog/catalogue/tags")) as { name: string }[];
  expect(tags.map(({ name }) => name)).toEqual(["smart", "dress", "luxury", "casual"]);

  const password = passwordIn(sandbox);
  const told = JSON.stringify([created, await everything(sandbox), await printed(sandbox)]);
  expect({ isSecret: /^\w{10}$/.test(password), isTold: told.includes(password) }).toEqual({
    isSecret: true,
    isTold: false,
  });

  const shop = await siteOf(sandbox);
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
  "the goods are in MySQL where the variables say so, and its password is told nowhere",
  { timeout: 240_000 },
  async () => {
    const root = await temporaryFolder("bia-told-");
    await chmod(root, 0o755);
    const config = { stack: "retail", catalog: { persistence: "mysql" }, observability: { events: { enabled: true } } };
    await mkdir(path.join(root, "config"));
    await writeFile(path.join(root, "config", "retail.ts"), `export default ${JSON.stringify(config)};\n`);
    const log: LogEntry[] = [];
    const world = path.join(root, "world");
    const sandbox = await sandboxForTest({
      traffic: true,
      delays: "none",
      folder: world,
      log: (entry) => log.push(entry),
    });
    const state = path.join(root, "state");
    const env = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox), XDG_STATE_HOME: state });
    const said: CliResult[] = [];
    const bia = async (...args: string[]) => {
      const result = await runCli([...args, ...(args[0] === "runs" ? [] : ["--stack", "retail"])], env, root);
      said.push(result);
      return result;
    };
    const before = await everything(sandbox);
    const stages = [...stage, "observability"].flatMap((name) => ["--stage", name]);
    expect(reportOf(await bia("create", ...stages, "--json")).error).toBeUndefined();
    expect(new Set(Object.values(verdictsOf(reportOf(await bia("plan", ...stages, "--json")))))).toEqual(
      new Set(["unchanged"]),
    );
    const tags = JSON.parse(await inUi(sandbox, "curl", "-s", "http://catalog/catalogue/tags")) as { name: string }[];
    expect(tags.map(({ name }) => name)).toEqual(["smart", "dress", "luxury", "casual"]);

    await bia("graph");
    await bia("status");
    await bia("runs", "show", "1");
    await bia("runs", "show", "1", "--html", "run.html");
    await bia("logs", "catalog");
    await bia("logs", "--query", "fields @message", "--group", variables.observability.events.group);
    const page = await toldByConsole(env, root, 1);
    const password = passwordIn(sandbox);
    const told = { said, page, log, answers: await answered(sandbox), printed: await printed(sandbox) };
    for (const [where, words] of Object.entries({ ...told, processes: await commandLines() })) {
      const text = JSON.stringify(words);
      // That it was looked at where there is something to see.
      expect.soft(text, where).toMatch(/retail-store-ecs|mysqld|mariadbd|CreateSecret/);
      expect.soft(text.includes(password), `${where} tells the password`).toBe(false);
    }
    const pointers = (await readdir(world, { recursive: true })).filter((name) => path.basename(name) === "elsewhere");
    const elsewhere = await Promise.all(pointers.map((name) => readFile(path.join(world, name), "utf8")));
    const files = await Promise.all([root, ...elsewhere].map((folder) => filesTelling(password, folder)));
    // The world is what keeps it, as AWS does.
    expect(files.flat().map(({ file }) => file)).toContainEqual(expect.stringContaining(world));
    expect(files.flat().filter(({ file, isClosed }) => !isClosed || !file.startsWith(world))).toEqual([]);

    expect((await bia("destroy", "--all", "--yes")).code).toBe(0);
    expect(JSON.stringify(said.at(-1)).includes(password)).toBe(false);
    expect(await everything(sandbox)).toEqual(before);
  },
);
