import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { ListTasksCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { secretNamed } from "../../src/aws/secrets.ts";
import type { TaskOutcome } from "../../src/engine/event.ts";
import type { RunSummary } from "../../src/runs/kept.ts";
import { readRecord, sandboxHome } from "../../src/sandbox/home.ts";
import { bareEnvironment, type CliResult, reportOf, runCli } from "../support/cli.ts";
import { type ConsoleUp, consoleUp, openConsole, seriousOn } from "../support/console.ts";
import { freePort } from "../support/free-port.ts";
import { clientsOf } from "../support/runs.ts";

const TINY_APP = path.resolve(import.meta.dirname, "../support/tiny-app");
const SERVICE = { cluster: "cluster-bia-alb", service: "service-bia-alb" };
const VIEWS = ["stack", "network", "machines", "deploy", "runs"] as const;

/** How the page marks a task on which `status` says this. */
const LOOKS: Partial<Record<TaskOutcome["verdict"], string>> = { unchanged: "ready", absent: "absent" };

/**
 * The console open while a stack comes, gets a version that does not serve, loses a task and goes: for somebody new, with an
 * empty HOME. The sandbox's clock runs twenty times as fast.
 */
describe.runIf(process.platform === "linux")("the console beside the life of a stack", { timeout: 300_000 }, () => {
  let home: string;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let served: ConsoleUp;
  let page: Page;
  /** All that the console's server has told, whatever view was open. */
  let told = "";

  const bia = (...args: string[]): Promise<CliResult> => runCli(args, env, folder);

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), "bia-console-"));
    folder = await mkdtemp(path.join(tmpdir(), "bia-console-"));
    env = bareEnvironment({
      HOME: home,
      npm_config_userconfig: path.join(homedir(), ".npmrc"),
      npm_config_cache: process.env.npm_config_cache ?? path.join(homedir(), ".npm"),
      BIA_SANDBOX_SPEED: "5",
    });
    delete env.XDG_DATA_HOME;
    const port = await freePort();
    const devMachine = { appPort: port, securityGroup: { ingress: [{ port, cidr: "0.0.0.0/0" }] } };
    await cp(TINY_APP, path.join(folder, "app"), { recursive: true });
    await mkdir(path.join(folder, "config"));
    const variables = JSON.stringify({ app: { source: "../app" }, devMachine });
    await writeFile(path.join(folder, "config", "bia.ts"), `export default ${variables};\n`);
    served = await consoleUp(env, folder);
    void listen();
  });

  afterAll(async () => {
    expect(await served.stop()).toBe(0);
    await bia("sandbox", "stop");
    await bia("sandbox", "reset", "--yes");
    for (const made of [home, folder]) await rm(made, { recursive: true, force: true });
  });

  /** Keeps all that the console tells, as long as it lasts. */
  async function listen(): Promise<void> {
    const stream = await fetch(`${served.url}events`);
    try {
      for await (const text of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) told += text;
    } catch {
      // The console has ended.
    }
  }

  const show = (view: string) => page.goto(`${served.url}#${view}`);
  const marks = async () =>
    Object.fromEntries(
      await page.$$eval("[data-task]", (boxes) =>
        boxes.map((box) => [box.getAttribute("data-task"), box.getAttribute("data-look")]),
      ),
    );

  /** The stack view says of every task what `status` says, and no view has anything that axe finds serious. */
  async function agreesWithStatus(): Promise<void> {
    const { tasks } = reportOf(await bia("status", "--json"));
    await show("stack");
    await expect.poll(marks).toEqual(Object.fromEntries(tasks.map(({ id, verdict }) => [id, LOOKS[verdict]])));
    for (const view of VIEWS) {
      await show(view);
      await page
        .getByRole("button", { name: new RegExp(view, "i"), pressed: false })
        .first()
        .waitFor();
      expect({ view, serious: await seriousOn(page) }).toEqual({ view, serious: [] });
    }
  }

  /** The deploy view shows the revision that `versions` says serves, and nothing beside it. */
  async function agreesWithVersions(): Promise<void> {
    const versions: { revision: string; serves: boolean }[] = JSON.parse((await bia("versions", "--json")).stdout);
    const serving = versions.find(({ serves }) => serves)?.revision;
    await show("deploy");
    await page
      .locator("[data-deployment=PRIMARY]", { hasText: new RegExp(`task-def-bia-alb:${serving}(?!\\d)`) })
      .waitFor();
    await expect.poll(() => page.locator("[data-deployment]").count()).toBe(1);
    await show("network");
    await expect.poll(() => page.locator("[data-target=healthy]").count()).toBe(2);
    await expect.poll(() => page.locator("[data-target]").count()).toBe(2);
  }

  /** The list of runs is that of `runs`. */
  async function agreesWithRuns(): Promise<RunSummary[]> {
    const runs: RunSummary[] = JSON.parse((await bia("runs", "--json")).stdout);
    await show("runs");
    const cells = () => page.$$eval("tbody tr", (rows) => rows.map((row) => row.lastElementChild?.textContent));
    await expect.poll(cells).toEqual(runs.map(({ exitCode }) => (exitCode === 0 ? "ok" : `exit ${exitCode}`)));
    return runs;
  }

  /** The work machine shows what its start has printed, and answers in its terminal. */
  async function answersOnAMachine(): Promise<void> {
    await show("machines");
    await page.getByRole("link", { name: /^bia-dev/ }).click();
    await page
      .getByRole("log")
      .getByText(/^Docker Compose version/)
      .waitFor();
    await page.getByRole("link", { name: "Terminal" }).click();
    const said = page.locator(".xterm-rows");
    await said.filter({ hasText: "[ec2-user@bia-dev ~]$" }).waitFor();
    await page.keyboard.type("docker ps --format '{{.Names}} {{.State}}'\n");
    await said.filter({ hasText: "bia running" }).waitFor();
    expect(await seriousOn(page)).toEqual([]);
  }

  /** A command while which the stack view shows tasks that are worked on. */
  async function watched(...args: string[]): Promise<CliResult> {
    await show("stack");
    const running = bia(...args);
    await page.locator("[data-look=busy]").first().waitFor();
    await show("runs");
    await page
      .locator("tbody tr", { hasText: args[0] as string })
      .first()
      .getByText("running")
      .waitFor();
    await page.locator("tbody tr a").first().click();
    await page.locator(".lane").first().waitFor();
    return running;
  }

  /** The app ends by itself from now on, as a task; not before the page has looked, which it does every few seconds. */
  const spoil = async () => {
    const file = path.join(folder, "app", "server.mjs");
    const good = await readFile(file, "utf8");
    const end =
      'await new Promise((done) => setTimeout(done, 4000));\nconsole.error("Error: no DB_HOST");\nprocess.exit(3);';
    const bad = `if (process.env.AWS_EXECUTION_ENV) {\n${end}\n}\n`;
    await writeFile(file, bad + good);
  };

  /** A deploy that does not come to serve: both deployments while it goes on, its end in the CLI's words afterwards. */
  async function failsToDeploy(): Promise<void> {
    await spoil();
    await show("deploy");
    const deploying = bia("deploy-version", "--tag", "bad", "--json");
    await page.locator("[data-deployment=ACTIVE]").waitFor();
    await page.locator("[data-status=STOPPED] .why", { hasText: "bia exited 3" }).first().waitFor();
    const { exitCode, error } = reportOf(await deploying);
    expect(exitCode).toBe(6);
    await agreesWithVersions();
    await show("deploy");
    await page
      .getByRole("link", { name: /^deploy-version/ })
      .first()
      .click();
    await page.getByText("exit 6").waitFor();
    await page.getByText(error?.why ?? "nothing", { exact: true }).waitFor();
    await page.locator("[data-status=STOPPED]").first().waitFor();
    expect(await seriousOn(page)).toEqual([]);
  }

  /** A task that somebody stops: it is shown with the reason, and another one serves in its place. */
  async function losesATask(aws: ReturnType<typeof clientsOf>): Promise<void> {
    const { taskArns: [task = ""] = [] } = await aws.ecs.send(
      new ListTasksCommand({ ...SERVICE, serviceName: SERVICE.service }),
    );
    await show("deploy");
    await page.locator("[data-status=RUNNING]").nth(1).waitFor();
    await aws.ecs.send(new StopTaskCommand({ cluster: SERVICE.cluster, task, reason: "killed by hand" }));
    await page
      .locator(`[data-task="${task.split("/").at(-1)}"][data-status=STOPPED]`, { hasText: "killed by hand" })
      .waitFor();
    await agreesWithVersions();
  }

  /** Everything that the console answers to whoever has its url, and all files and pages that runs leave. */
  async function all(runs: readonly RunSummary[]): Promise<string> {
    const answers = ["", "console.js", "console.css", ...runs.map(({ number }) => `runs/${number}`)];
    const texts = await Promise.all(answers.map(async (name) => (await fetch(served.url + name)).text()));
    const kept = path.join(home, ".local", "state", "bia-infra", "runs");
    const files = await Promise.all((await readdir(kept)).map((name) => readFile(path.join(kept, name), "utf8")));
    await bia("runs", "show", `${runs[0]?.number}`, "--html", "run.html");
    return [told, ...texts, ...files, await readFile(path.join(folder, "run.html"), "utf8")].join("\n");
  }

  it("says at every step what the commands say, in every view, and never a secret", async ({ skip }) => {
    page = await openConsole(skip, served.url, "network");
    // A version is built before it is rolled.
    page.setDefaultTimeout(120_000);
    await page.getByText("The service is not up.").waitFor();
    await page.getByText("bia-infra create --all", { exact: true }).waitFor();
    await agreesWithStatus();

    expect(await watched("create", "--all")).toMatchObject({ code: 0 });
    await agreesWithStatus();
    await agreesWithVersions();
    await answersOnAMachine();
    const { folder: at } = JSON.parse((await bia("sandbox", "status", "--json")).stdout) as { folder: string };
    const record = await readRecord(sandboxHome({ BIA_SANDBOX_HOME: at }));
    if (!record) throw new Error("no sandbox is running");
    const aws = clientsOf({ endpoint: record.endpoint, keys: record });
    const secrets = [record.secretAccessKey, await secretNamed(aws.ssm, "/bia-infra/bia/bia/password")];

    await failsToDeploy();
    await losesATask(aws);
    aws.close();

    expect(await watched("destroy", "--all", "--yes")).toMatchObject({ code: 0 });
    await agreesWithStatus();
    const runs = await agreesWithRuns();
    expect(runs.map(({ command }) => command)).toEqual(["destroy", "deploy-version", "create"]);

    const everything = await all(runs);
    expect(everything).toContain("event: look");
    expect(everything).toContain("event: details");
    for (const secret of secrets) {
      expect(secret?.length).toBeGreaterThan(15);
      expect(everything.includes(secret ?? "")).toBe(false);
    }
  });
});
