import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isReading } from "../../src/aws/calls.ts";
import { readRecord, sandboxHome } from "../../src/sandbox/home.ts";
import { bareEnvironment, type CliResult, eventsOf, reportOf, runCli, verdictsOf } from "../support/cli.ts";
import { everythingOver } from "../support/everything.ts";
import { freePort } from "../support/free-port.ts";
import { descendantsOf, listenersOf } from "../support/processes.ts";

const TINY_APP = path.resolve(import.meta.dirname, "../support/tiny-app");

/** Operations that are asked more than once in a run that only looks, and why AWS leaves no other way. */
const REPEATED: Readonly<Record<string, number>> = {
  // Once for each type: one call takes ARNs of one type only. Load balancers, target groups, listeners.
  "elasticloadbalancing DescribeTags": 3,
  // Once for each of the two profiles: no listing of instance profiles answers with their tags.
  "iam GetInstanceProfile": 2,
  // Once for each of the three roles: no listing of roles answers with their tags and policies, but one of everything.
  "iam GetRole": 3,
  // Once for each policy that a role has of its own: the machines' take commands, the tasks' reads the password.
  "iam GetRolePolicy": 2,
  "iam ListAttachedRolePolicies": 3,
  // Once for each of the two log groups: a listing is by the beginning of one name, and answers without tags.
  "logs DescribeLogGroups": 2,
  "logs ListTagsForResource": 2,
};

/** A folder with the variables of a learner whose app is up within a second. */
async function folderFor(more: object = {}): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "bia-journey-"));
  // Not the course's 3001: whoever runs this may have a sandbox of their own, with the app up on it.
  const port = await freePort();
  const devMachine = { appPort: port, securityGroup: { ingress: [{ port, cidr: "0.0.0.0/0" }] } };
  const variables = { app: { source: TINY_APP }, devMachine, ...more };
  await mkdir(path.join(folder, "config"));
  await writeFile(path.join(folder, "config", "bia.ts"), `export default ${JSON.stringify(variables)};\n`);
  return folder;
}

/** The whole course, every step a process of its own, on a sandbox that nobody has used. */
describe("all stages, from the first command to the last", { timeout: 300_000 }, () => {
  let home: string;
  let folder: string;
  let variant: string;
  let env: NodeJS.ProcessEnv;
  /** Of the sandbox's process. */
  let pid: number;
  let before: Record<string, unknown>;
  let listening: string[];
  /** What a test before this one left there; unknown: it changed something and failed. */
  let there: "nothing" | "everything" | "unknown" = "nothing";
  /** The run that last brought up everything, from nothing. */
  let created: CliResult;

  const bia = (...args: string[]): Promise<CliResult> => runCli(args, env, folder);
  const biaWithoutBalancer = (...args: string[]): Promise<CliResult> => runCli(args, env, variant);

  /** Everything in the sandbox, as its services list it. */
  async function lists(): Promise<Record<string, unknown>> {
    const record = await readRecord(sandboxHome(env));
    if (!record) throw new Error("no sandbox is running");
    return everythingOver({ endpoint: record.endpoint, keys: record });
  }

  /** What the sandbox was asked so far, e.g. `ec2 DescribeVpcs`, as its log tells it. */
  async function journal(): Promise<string[]> {
    const lines = (await readFile(sandboxHome(env).log, "utf8")).split("\n");
    return lines.flatMap((line) => {
      const [, service, operation] = /^\S+ \d{3} (\S+) (\S+) [\d.]+ ms /.exec(line) ?? [];
      return service === undefined ? [] : [`${service} ${operation}`];
    });
  }

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), "bia-journey-"));
    [folder, variant] = await Promise.all([folderFor(), folderFor({ loadBalancer: false })]);
    env = bareEnvironment({ BIA_SANDBOX_HOME: home });
    expect(await bia("sandbox", "start")).toMatchObject({ code: 0 });
    ({ pid } = JSON.parse((await bia("sandbox", "status", "--json")).stdout) as { pid: number });
    before = await lists();
    listening = process.platform === "linux" ? await listenersOf(pid) : [];
  });

  afterAll(async () => {
    await bia("sandbox", "stop");
    for (const made of [home, folder, variant]) await rm(made, { recursive: true, force: true });
  });

  async function everythingUp(): Promise<void> {
    if (there === "everything") return;
    const fresh = there === "nothing";
    const result = await changing(() => bia("create", "--all"), "everything");
    expect(result).toMatchObject({ code: 0 });
    if (fresh) created = result;
  }

  async function everythingGone(): Promise<void> {
    if (there !== "nothing") await changing(() => bia("destroy", "--all", "--yes"), "nothing");
  }

  /** Does something that leaves this there, if it succeeds. */
  async function changing<T>(act: () => Promise<T>, leaves: typeof there): Promise<T> {
    there = "unknown";
    const result = await act();
    there = leaves;
    return result;
  }

  /** Nothing of a stack is left: not in a listing, not as a process, not as a port. */
  async function expectNothingLeft(): Promise<void> {
    expect(await lists()).toEqual(before);
    expect(await descendantsOf(pid)).toEqual([]);
    if (process.platform === "linux") expect(await listenersOf(pid)).toEqual(listening);
  }

  it("refuses stages 2-3 without the first, saying what is missing, and makes nothing", async () => {
    await everythingGone();
    const result = await bia("create", "--stage", "2-3", "--json");
    const report = reportOf(result);
    expect(report).toMatchObject({
      exitCode: 1,
      calls: { changing: 0 },
      error: {
        why: expect.stringMatching(/^stage 1 is not up: .* is not there$/),
        next: expect.stringContaining("create --stage 1"),
      },
    });
    expect(report.tasks.filter(({ verdict }) => verdict === "create")).toEqual([]);
    await expectNothingLeft();
  });

  it("comes up with one command, which says what it waits for and how long that usually takes", async () => {
    await everythingGone();
    await everythingUp();
    const { stdout, stderr } = created;
    expect(stderr).toMatch(/^database bia: waiting, RDS status: creating, usually 5 min$/m);
    expect(stderr).toMatch(/^load balancer bia-alb: waiting, provisioning, usually 2 min$/m);
    expect(stderr).toMatch(/^certificate of www\.bia\.localhost issued: waiting, .*usually 3 min$/m);
    expect(stderr).toMatch(
      /^auto scaling group asgCurso117: waiting, . of 2 instances in service, usually 1 min 30 s$/m,
    );
    expect(stderr).toMatch(/^service service-bia-alb: waiting, .*targets healthy, usually 1 min 00 s$/m);
    expect(stdout).toMatch(/^ {2}load balancer +http:\/\/127\.0\.0\.1(:\d+)?$/m);
  });

  it("is ready in every part", async () => {
    await everythingUp();
    const { tasks, exitCode } = reportOf(await bia("status", "--json"));
    expect(exitCode).toBe(0);
    expect(tasks.length).toBeGreaterThan(35);
    expect(tasks.filter(({ verdict }) => verdict !== "unchanged")).toEqual([]);
    expect(tasks.find(({ id }) => id === "service")?.detail).toBe("2 of 2 tasks running, 2 healthy targets");
    expect((await bia("status")).stdout).toMatch(/^41 ready$/m);
    expect(await descendantsOf(pid)).not.toEqual([]);
    if (process.platform === "linux") expect((await listenersOf(pid)).length).toBeGreaterThan(listening.length);
  });

  it("is left alone the second time: no changing call, and each thing is asked for once", async () => {
    await everythingUp();
    const mark = (await journal()).length;
    const report = reportOf(await bia("create", "--all", "--json"));
    expect(report).toMatchObject({ exitCode: 0, calls: { changing: 0 } });
    expect(new Set(Object.values(verdictsOf(report)))).toEqual(new Set(["unchanged"]));
    // The log is written behind the answers.
    const calls = async () => (await journal()).slice(mark);
    await expect.poll(async () => (await calls()).length).toBeGreaterThanOrEqual(report.calls.reading);
    const counts = new Map<string, number>();
    for (const call of await calls()) counts.set(call, (counts.get(call) ?? 0) + 1);
    expect([...counts.keys()].filter((call) => !isReading(call.split(" ")[1] ?? ""))).toEqual([]);
    expect(Object.fromEntries([...counts].filter(([, count]) => count > 1))).toEqual(REPEATED);
  });

  it("is planned as it is, without a changing call", async () => {
    await everythingUp();
    const plan = await bia("plan", "--json", "--exit-code");
    expect(plan.code).toBe(0);
    expect(reportOf(plan).calls.changing).toBe(0);
    expect((await bia("plan")).stdout).toContain("no changes: 41 unchanged");
  });

  it("tells where everything is", async () => {
    await everythingUp();
    const outputs = JSON.parse((await bia("outputs", "--json")).stdout) as Record<string, string>;
    expect(outputs).toMatchObject({
      "load balancer": expect.stringMatching(/^http:/),
      "name servers": expect.stringMatching(/^(\S+ ){3}\S+$/),
      database: expect.stringMatching(/^bia\.\w+\.us-east-1\.rds\.amazonaws\.com:5432$/),
      repository: "000000000000.dkr.ecr.us-east-1.amazonaws.com/bia",
      cluster: "cluster-bia-alb",
      service: "service-bia-alb",
    });
    expect((await fetch(outputs["load balancer"] ?? "")).status).toBe(200);
    const app = new URL(outputs.app ?? "");
    expect(await (await fetch(new URL("/api/versao", app))).text()).toMatch(/^Bia /);
  });

  it("is opened in the browser, which has to be told whom to trust; a name that no url has is refused", async () => {
    await everythingUp();
    const programs = await mkdtemp(path.join(tmpdir(), "bia-browser-"));
    const opened = path.join(programs, "opened");
    await writeFile(path.join(programs, "xdg-open"), `#!/bin/sh\necho "$1" >>'${opened}'\n`, { mode: 0o755 });
    const open = (...args: string[]) =>
      runCli(["open", ...args], { ...env, PATH: `${programs}:${env.PATH}`, HOME: programs }, folder);
    const site = await open();
    expect(site).toMatchObject({ code: 0, stdout: expect.stringMatching(/^https:\/\/www\.bia\.localhost(:\d+)?\n$/) });
    expect(site.stderr).toContain("The browser will warn of the certificate");
    const app = await open("app");
    expect(app).toMatchObject({ code: 0, stdout: expect.stringMatching(/^http:/), stderr: "" });
    // A computer without a browser is no failure.
    const printed = await runCli(["open", "app"], { ...env, PATH: path.join(programs, "none") }, folder);
    expect(printed).toMatchObject({ code: 0, stdout: app.stdout });
    if (process.platform === "linux") expect(printed.stderr).toContain("No browser could be started here");
    const none = await open("shop");
    expect(none).toMatchObject({ code: 2, stdout: "" });
    expect(none.stderr).toContain('There is no url "shop". There is: app, site, "load balancer".');
    if (process.platform === "linux") {
      // The browser is started and not waited for.
      await expect.poll(() => readFile(opened, "utf8").catch(() => "")).toBe(site.stdout + app.stdout);
    }
    await rm(programs, { recursive: true });
  });

  it("keeps its first stage while the others stand on it, and says what does", async () => {
    await everythingUp();
    const stack = await lists();
    const { code, stderr } = await bia("destroy", "--stage", "1", "--yes");
    expect(code).toBe(1);
    expect(stderr).toMatch(/other stages still need this one: .*security group bia-db-teste.*database bia/);
    expect(stderr).toContain("Destroy stage 2-3 first, or use --all.");
    expect(await lists()).toEqual(stack);
  });

  it("loses stages 2-3 alone, and gets them back", async () => {
    await everythingUp();
    const verdicts = await changing(async () => {
      const gone = await bia("destroy", "--stage", "2-3", "--yes");
      expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining("0 left") });
      return verdictsOf(reportOf(await bia("create", "--all", "--json")));
    }, "everything");
    expect(verdicts).toMatchObject({ "dev-instance": "unchanged", "db-instance": "create", service: "create" });
  });

  it("leaves nothing: no thing, no process, no port", async () => {
    await everythingUp();
    const { code, stdout, stderr } = await changing(() => bia("destroy", "--all", "--yes"), "nothing");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^ {2}0 left in us-east-1: nothing there carries the tag of stack bia any more$/m);
    await expectNothingLeft();
  });

  it("comes up, is left alone and goes without a load balancer", async () => {
    await everythingGone();
    const made = reportOf(await changing(() => biaWithoutBalancer("create", "--all", "--json"), "unknown"));
    expect(made).toMatchObject({ exitCode: 0, outputs: { cluster: "cluster-bia", service: "service-bia" } });
    expect(made.tasks.find(({ id }) => id === "service")?.detail).toBe("1 of 1 tasks running");
    const again = reportOf(await biaWithoutBalancer("create", "--all", "--json"));
    expect(again).toMatchObject({ exitCode: 0, calls: { changing: 0 } });
    const gone = await biaWithoutBalancer("destroy", "--all", "--yes", "--json");
    expect(reportOf(gone)).toMatchObject({ exitCode: 0, left: [] });
    expect(eventsOf(gone).filter(({ type }) => type === "failed")).toEqual([]);
    await expectNothingLeft();
    there = "nothing";
  });
});
