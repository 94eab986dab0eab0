import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { DescribeSecurityGroupsCommand, RevokeSecurityGroupIngressCommand } from "@aws-sdk/client-ec2";
import { DescribeServicesCommand, DescribeTasksCommand, ListTasksCommand } from "@aws-sdk/client-ecs";
import { DescribeTargetGroupsCommand, DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { DescribeDBInstancesCommand, StartDBInstanceCommand, StopDBInstanceCommand } from "@aws-sdk/client-rds";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AwsClients } from "../../src/aws/clients.ts";
import { secretNamed } from "../../src/aws/secrets.ts";
import type { SandboxDetails } from "../../src/sandbox/daemon.ts";
import { readRecord, sandboxHome } from "../../src/sandbox/home.ts";
import { type Answer, ask as askSite } from "../support/ask.ts";
import { trust } from "../support/certutil.ts";
import { browserForTest } from "../support/chromium.ts";
import { bareEnvironment, type CliResult, reportOf, runCli } from "../support/cli.ts";
import { freePort } from "../support/free-port.ts";
import { listeningPortsBelow } from "../support/listening.ts";
import { descendantsOf, listenersOf } from "../support/processes.ts";
import { clientsOf } from "../support/runs.ts";

const APP = path.resolve(import.meta.dirname, "../../app");
const SERVICE = { cluster: "cluster-bia-alb", services: ["service-bia-alb"] };

/** Files of a sandbox with nothing in it. */
const OWN = [
  /^(sandbox\.(json|log)|authorities\/.*|cache\/.*|claims\/\d+)$/,
  /^world\/(world\.json|journal-\d+\.jsonl)$/,
  /^world\/registries\/[^/]+\/oci-layout$/,
];

/**
 * Everything up, with the app that comes with bia-infra, for somebody new: an empty HOME, the sandbox's default folder. A
 * browser that trusts the sandbox's authority opens the site, and what is behind it fails and comes back.
 */
describe.runIf(process.platform === "linux")("the site of the whole stack", { timeout: 300_000 }, () => {
  let home: string;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  /** Of the sandbox. */
  let own: string;
  /** Of the sandbox's process. */
  let pid: number;
  /** What it listens on while there is nothing in it. */
  let listening: string[];
  let site: URL;
  let authority: string;
  let aws: AwsClients;

  const bia = (...args: string[]): Promise<CliResult> => runCli(args, env, folder);
  const details = async () =>
    JSON.parse((await bia("sandbox", "status", "--json")).stdout) as {
      details: SandboxDetails;
      pid: number;
      folder: string;
    };

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), "bia-journey-"));
    folder = await mkdtemp(path.join(tmpdir(), "bia-journey-"));
    env = bareEnvironment({
      HOME: home,
      npm_config_userconfig: path.join(homedir(), ".npmrc"),
      npm_config_cache: process.env.npm_config_cache ?? path.join(homedir(), ".npm"),
    });
    delete env.XDG_DATA_HOME;
    // Not the course's 3001: whoever runs this may have a sandbox of their own, with the app up on it.
    const port = await freePort();
    const ingress = [{ port, cidr: "0.0.0.0/0" }];
    await cp(APP, path.join(folder, "app"), { recursive: true, filter: (file) => !/node_modules|dist$/.test(file) });
    const variables = { app: { source: "../app" }, devMachine: { appPort: port, securityGroup: { ingress } } };
    await mkdir(path.join(folder, "config"));
    await writeFile(path.join(folder, "config", "bia.ts"), `export default ${JSON.stringify(variables)};\n`);
    authority = (await bia("sandbox", "ca")).stdout;
    const status = await details();
    own = status.folder;
    pid = status.pid;
    listening = await listenersOf(pid);
    const record = await readRecord(sandboxHome({ BIA_SANDBOX_HOME: status.folder }));
    if (!record) throw new Error("no sandbox is running");
    aws = clientsOf({ endpoint: record.endpoint, keys: record });
  });

  afterAll(async () => {
    aws?.close();
    await bia("sandbox", "stop");
    await bia("sandbox", "reset", "--yes");
    for (const made of [home, folder]) await rm(made, { recursive: true, force: true });
  });

  /** The site stands and both tasks serve, whatever the test before this one did. */
  beforeEach(async () => {
    const result = await bia("create", "--all", "--json");
    expect(reportOf(result)).toMatchObject({ exitCode: 0 });
    site = new URL(reportOf(result).outputs.site ?? "");
  });

  const ask = (pathname: string): Promise<Answer> => askSite(site, authority, pathname);

  /** What PostgreSQL itself has, asked past the app, over TLS. */
  async function rows(): Promise<unknown[]> {
    const { databases } = (await details()).details;
    const [host = "", port] = (databases[0]?.reachedAt ?? "").split(":");
    const password = await secretNamed(aws.ssm, "/bia-infra/bia/bia/password");
    const ssl = { ca: authority };
    const client = new Client({ host, port: Number(port), user: "postgres", password, database: "bia", ssl });
    await client.connect();
    return (await client.query('select titulo from "Tarefas"').finally(() => client.end())).rows;
  }

  const service = async () => (await aws.ecs.send(new DescribeServicesCommand(SERVICE))).services?.[0];
  const taskArns = async () =>
    (await aws.ecs.send(new ListTasksCommand({ cluster: SERVICE.cluster, serviceName: SERVICE.services[0] })))
      .taskArns ?? [];

  async function healths() {
    const { TargetGroups } = await aws.elbv2.send(new DescribeTargetGroupsCommand({ Names: ["tg-bia"] }));
    const { TargetGroupArn } = TargetGroups?.[0] ?? {};
    const { TargetHealthDescriptions = [] } = await aws.elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    return TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth);
  }

  it("opens in a browser over https, and a task added there is in PostgreSQL", async ({ skip }) => {
    trust(home, authority, skip);
    const page = await (await browserForTest(skip, { ...process.env, HOME: home })).newPage();
    await page.goto(site.href);
    await page.getByRole("textbox", { name: "Tarefa" }).fill("Abrir o site");
    await page.getByRole("button", { name: /^(Salvar|Adicionar) Tarefa$/ }).click();
    await page.getByRole("listitem").filter({ hasText: "Abrir o site" }).waitFor();
    await page.reload();
    await page.getByRole("listitem").filter({ hasText: "Abrir o site" }).waitFor();
    expect(await rows()).toContainEqual({ titulo: "Abrir o site" });
  });

  it("is served by both tasks, whose logs say so", async () => {
    for (let count = 0; count < 10; count++) expect((await ask("/api/versao")).status).toBe(200);
    await expect
      .poll(
        async () => {
          const { stdout } = await bia("logs", "--json", "--grep", "/api/versao");
          const lines = stdout.split("\n").filter((line) => line !== "");
          return new Set(lines.map((line) => (JSON.parse(line) as { task: string }).task)).size;
        },
        { timeout: 30_000 },
      )
      .toBe(2);
  });

  it("loses no request that the other task can serve when one is killed, and gets a new one", async () => {
    const before = await taskArns();
    const answers: Promise<Answer>[] = [];
    const load = setInterval(() => answers.push(ask("/api/tarefas")), 20);
    const { machines } = (await details()).details;
    const ports = machines
      .flatMap(({ containers }) => containers.filter(({ name }) => name.startsWith("ecs-")))
      .flatMap((one) => one.ports);
    const processes = await listeningPortsBelow(pid);
    const victim = processes.find(({ port }) => port === ports[0]?.port);
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await expect
      .poll(
        async () => {
          const now = await taskArns();
          const { runningCount, deployments } = (await service()) ?? {};
          const isHealthy = (await healths()).filter((health) => health?.State === "healthy").length === 2;
          return (
            isHealthy && runningCount === 2 && deployments?.length === 1 && now.some((arn) => !before.includes(arn))
          );
        },
        { timeout: 90_000, interval: 200 },
      )
      .toBe(true);
    clearInterval(load);
    const got = await Promise.all(answers);
    expect(got.length).toBeGreaterThan(50);
    expect(got.filter(({ status }) => status !== 200)).toEqual([]);
    const messages = ((await service())?.events ?? []).map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringMatching(/has started 1 tasks: \(task \w+\)\.$/));
    expect(messages).toContainEqual(expect.stringMatching(/has begun draining connections on 1 tasks\.$/));
    const after = await taskArns();
    const gone = before.filter((arn) => !after.includes(arn));
    const { tasks } = await aws.ecs.send(new DescribeTasksCommand({ cluster: SERVICE.cluster, tasks: gone }));
    expect(tasks).toMatchObject([
      {
        stopCode: "EssentialContainerExited",
        stoppedReason: "Essential container in task exited",
        containers: [{ exitCode: 137 }],
      },
    ]);
  });

  it("says on its page that the database is away, and works again after it is back", async ({ skip }) => {
    const page = await (await browserForTest(skip, { ...process.env, HOME: home })).newPage();
    const status = async () =>
      (await aws.rds.send(new DescribeDBInstancesCommand({}))).DBInstances?.[0]?.DBInstanceStatus;
    await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: "bia" }));
    await expect.poll(status, { timeout: 60_000 }).toBe("stopped");
    expect((await ask("/api/tarefas")).status).toBe(503);
    await page.goto(new URL("/", site).href).catch(() => {});
    await page.getByRole("alert").waitFor();
    await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: "bia" }));
    await expect.poll(status, { timeout: 60_000 }).toBe("available");
    await expect.poll(async () => (await ask("/api/tarefas")).status, { timeout: 30_000 }).toBe(200);
    await page.reload();
    await page.getByRole("textbox", { name: "Tarefa" }).waitFor();
  });

  it("is cut off when the rule that lets the load balancer in is gone, and create repairs it", async () => {
    const { SecurityGroups } = await aws.ec2.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: ["bia-ec2-teste"] }] }),
    );
    const { GroupId, IpPermissions } = SecurityGroups?.[0] ?? {};
    await aws.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    await expect
      .poll(healths, { timeout: 90_000, interval: 200 })
      .toEqual([
        expect.objectContaining({ State: "unhealthy", Reason: "Target.Timeout" }),
        expect.objectContaining({ State: "unhealthy", Reason: "Target.Timeout" }),
      ]);
    expect([503, 504]).toContain((await ask("/")).status);
    expect(reportOf(await bia("create", "--all", "--json"))).toMatchObject({ exitCode: 0 });
    expect((await ask("/")).status).toBe(200);
  });

  it("shows the course's two new versions: a button's words, then its colour, changed in the page's source", async ({
    skip,
  }) => {
    trust(home, authority, skip);
    const page = await (await browserForTest(skip, { ...process.env, HOME: home })).newPage();
    const deployed = async (file: string, from: string, to: string) => {
      const at = path.join(folder, "app", "client", file);
      await writeFile(at, (await readFile(at, "utf8")).replace(from, to));
      const report = reportOf(await bia("deploy-version", "--tag", "latest", "--probe", "--json"));
      expect(report).toMatchObject({ exitCode: 0, probe: { failed: 0 } });
      await page.goto(site.href);
      await page.getByRole("button", { name: "Adicionar Tarefa" }).waitFor();
      return page.evaluate("getComputedStyle(document.querySelector('button.primary')).backgroundColor");
    };
    expect(await deployed("AddTask.tsx", "Salvar Tarefa", "Adicionar Tarefa")).toBe("rgb(15, 118, 110)");
    expect(await deployed("style.css", "--accent: light-dark(#0f766e", "--accent: light-dark(#b3261e")).toBe(
      "rgb(179, 38, 30)",
    );
  });

  it("goes with everything: no process, no port, nothing that listens, no file but the sandbox's own", async () => {
    const databases = path.join(own, "world", "databases");
    // PostgreSQL refuses to run as root, whose databases are therefore elsewhere.
    const elsewhere = await Promise.all(
      (await readdir(databases)).map((name) =>
        readFile(path.join(databases, name, "elsewhere"), "utf8").catch(() => ""),
      ),
    );
    expect(await bia("destroy", "--all", "--yes")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("0 left"),
    });
    expect(await descendantsOf(pid)).toEqual([]);
    expect(await listenersOf(pid)).toEqual(listening);
    const files = (await readdir(own, { recursive: true, withFileTypes: true })).filter(
      (entry) => !entry.isDirectory(),
    );
    const names = files.map(({ parentPath, name }) => path.relative(own, path.join(parentPath, name)));
    expect(names.filter((name) => !OWN.some((pattern) => pattern.test(name)))).toEqual([]);
    expect(elsewhere.filter((folder) => folder !== "" && existsSync(folder))).toEqual([]);
    expect(await readdir(home)).not.toContain("bia-infra-sandbox");
  });
});
