import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-ecs";
import { DeleteParameterCommand } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeHome, sandboxHome, writeRecord } from "../../src/sandbox/home.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { VERSION } from "../../src/version.ts";
import { bareEnvironment, type CliResult, reportOf, runCli, startCli, verdictsOf } from "../support/cli.ts";
import { clientsOf, createOn } from "../support/runs.ts";

const TINY_APP = path.resolve(import.meta.dirname, "../support/tiny-app");
const FAMILY = "task-def-bia-alb";
const SERVICE = { cluster: "cluster-bia-alb", services: ["service-bia-alb"] };

/** On one sandbox with everything up; each test has a version of its own. */
describe("deploy-version", { timeout: 150_000 }, () => {
  let sandbox: RunningSandbox;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let clients: ReturnType<typeof clientsOf>;

  beforeAll(async () => {
    sandbox = await startSandbox({ delays: "none", traffic: true, registryPort: 0 });
    clients = clientsOf(sandbox);
    folder = await mkdtemp(path.join(tmpdir(), "bia-deploy-"));
    await cp(TINY_APP, path.join(folder, "app"), { recursive: true });
    await mkdir(path.join(folder, "config"));
    await writeFile(path.join(folder, "config", "bia.ts"), 'export default { app: { source: "../app" } };\n');
    const home = sandboxHome({ BIA_SANDBOX_HOME: path.join(folder, "sandbox") });
    await makeHome(home);
    const at = { endpoint: sandbox.endpoint, ...(sandbox.places.registry && { registry: sandbox.places.registry }) };
    await writeRecord(home, { ...at, ...sandbox.keys, version: VERSION, pid: process.pid });
    env = bareEnvironment({ BIA_SANDBOX_HOME: path.join(folder, "sandbox") });
    await createOn(sandbox);
  }, 120_000);

  afterAll(async () => {
    clients.close();
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  const bia = (...args: string[]): Promise<CliResult> => runCli(args, env, folder);
  const deploy = (...args: string[]): Promise<CliResult> => bia("deploy-version", "--json", ...args);

  /** A line more in the app, so that its image is another one. */
  const changeApp = (): Promise<void> => appendFile(path.join(folder, "app", "server.mjs"), "// changed\n");

  /** The revision that the service is on. */
  async function serving() {
    const { services } = await clients.ecs.send(new DescribeServicesCommand(SERVICE));
    const taskDefinition = services?.[0]?.taskDefinition ?? "";
    const found = await clients.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ["TAGS"] }));
    const [container] = found.taskDefinition?.containerDefinitions ?? [];
    const environment = Object.fromEntries((container?.environment ?? []).map(({ name, value }) => [name, value]));
    return { arn: taskDefinition, image: container?.image, version: environment.VERSAO_API };
  }

  async function activeRevisions(): Promise<string[]> {
    const asked = { familyPrefix: FAMILY, status: "ACTIVE" } as const;
    const arns: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await clients.ecs.send(new ListTaskDefinitionsCommand({ ...asked, nextToken }));
      arns.push(...(page.taskDefinitionArns ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return arns;
  }

  /** Takes the image of a tag away as soon as a revision has been registered, so that its tasks cannot start. */
  function loseImage(tag: string): void {
    const { ecr } = sandbox.world.region("us-east-1");
    sandbox.world.watch("ecs", "taskDefinitions", () => {
      const lost = ecr.images.filter(({ imageTags }) => imageTags.includes(tag));
      for (const { repositoryName, imageDigest } of lost) ecr.images.delete(`${repositoryName}@${imageDigest}`);
    });
  }

  /** What create would do about the service and its task definition. */
  async function planned() {
    const { tasks } = reportOf(await bia("plan", "--json", "--stage", "2-3"));
    return tasks.filter(({ id }) => ["service", "task-definition", "first-image"].includes(id));
  }

  it("pins the image by its digest, tells the app its version, and leaves nothing for create to do", async () => {
    await changeApp();
    const report = reportOf(await deploy("--tag", "pinned"));
    expect(report).toMatchObject({ exitCode: 0, outputs: { version: "pinned", service: "service-bia-alb" } });
    expect(report.outputs?.phases).toMatch(/^placed after .+ s, started after .+ s, old ones gone after .+ s$/);
    const image = expect.stringMatching(/\/bia@sha256:[0-9a-f]{64}$/);
    expect(await serving()).toMatchObject({ image, version: "pinned" });
    expect((await planned()).map(({ verdict }) => verdict)).toEqual(["unchanged", "unchanged", "unchanged"]);
    // Without a terminal and --yes, a destroy only says what it would do.
    const { stdout, stderr } = await bia("destroy", "--all");
    expect(`${stdout}${stderr}`).not.toContain("left over");
  });

  it("has nothing to do the second time, builds nothing and says so", async () => {
    await deploy("--tag", "twice");
    const before = await activeRevisions();
    const again = await bia("deploy-version", "--tag", "twice");
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining("everything is as it should be") });
    expect(again.stderr).toContain("twice is there already, of this very source: nothing is built");
    expect(await activeRevisions()).toEqual(before);
  });

  it("takes another image under the same tag for a new version", async () => {
    await deploy("--tag", "moved");
    const first = await serving();
    await changeApp();
    expect(verdictsOf(reportOf(await deploy("--tag", "moved")))).toMatchObject({
      "release-image": "create",
      "release-revision": "create",
      "release-roll": "update",
    });
    const second = await serving();
    expect(second.image).not.toBe(first.image);
    expect(second.version).toBe("moved");
  });

  it("with --builder none takes the image that is there, or says that there is none before anything is changed", async () => {
    await deploy("--tag", "built");
    await changeApp();
    const { image } = await serving();
    await deploy("--tag", "meanwhile");
    expect(reportOf(await deploy("--tag", "built", "--builder", "none"))).toMatchObject({ exitCode: 0 });
    expect(await serving()).toMatchObject({ image, version: "built" });
    const report = reportOf(await deploy("--tag", "nowhere", "--builder", "none"));
    expect(report).toMatchObject({ exitCode: 1, calls: { changing: 0 } });
    expect(report.tasks.find(({ id }) => id === "release-image")?.error?.next).toContain("--builder machine");
  });

  it("takes a version back whose tasks do not start, with the cause, and leaves nothing to be put forward again", async () => {
    await deploy("--tag", "good");
    const [before, revisions] = [await serving(), await activeRevisions()];
    await changeApp();
    loseImage("bad");
    const { code, stderr } = await bia("deploy-version", "--tag", "bad");
    expect(code).toBe(6);
    expect(stderr).toContain("CannotPullContainerError");
    expect(stderr.trim().split("\n").slice(-4).join("\n")).toContain("(good) serves again");
    expect(await serving()).toEqual(before);
    expect(await activeRevisions()).toEqual(revisions);
    expect((await planned()).map(({ verdict }) => verdict)).toEqual(["unchanged", "unchanged", "unchanged"]);
  });

  it("leaves it to ECS with --no-rollback; rollback goes to what serves, whether or not ECS has done so, and later past it", async () => {
    await deploy("--tag", "last-good");
    const before = await serving();
    await changeApp();
    loseImage("kept");
    const report = reportOf(await deploy("--tag", "kept", "--no-rollback"));
    expect(report).toMatchObject({ exitCode: 6, error: { what: "version kept does not serve" } });
    expect(reportOf(await bia("rollback", "--json"))).toMatchObject({ exitCode: 0 });
    expect(await serving()).toEqual(before);
    const again = await bia("rollback");
    expect(again).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/taken back already, and revision \d+ \(last-good\) serves/),
    });
    expect(await serving()).toEqual(before);
    const [kept] = JSON.parse((await bia("versions", "--json")).stdout) as object[];
    expect(kept).toMatchObject({ version: "kept", serves: false, takenBack: true });
    await changeApp();
    expect(reportOf(await deploy("--tag", "after"))).toMatchObject({ exitCode: 0 });
    expect(await serving()).toMatchObject({ version: "after" });
    // Not to what never came to serve.
    expect(reportOf(await bia("rollback", "--json"))).toMatchObject({ exitCode: 0 });
    expect(await serving()).toEqual(before);
  });

  it("that lost the answer of any changing call, and then was killed at one after the other, ends in the version, with no revision too many", async () => {
    const { faults } = sandbox.world;
    faults.set([{ operation: "changing", effect: { latency: 0 } }]);
    await changeApp();
    await deploy("--tag", "counted");
    // The lock has tests of its own: one that is left behind is watched for a minute.
    const calls = [...new Set(faults.strikes()[0]?.calls.filter((call) => !call.endsWith("Parameter")))];
    expect(calls).toContain("ecs:RegisterTaskDefinition");
    const before = await activeRevisions();
    await changeApp();
    faults.set(calls.map((operation) => ({ operation, nth: 1, effect: "drop" })));
    expect(reportOf(await deploy("--tag", "lost"))).toMatchObject({ exitCode: 0 });
    expect(faults.strikes().map(({ struck }) => struck)).toEqual(calls.map(() => 1));
    faults.set([]);
    expect(await serving()).toMatchObject({ version: "lost" });
    await changeApp();
    for (const operation of calls) {
      faults.set([{ operation, nth: 1, effect: "hang" }]);
      const killed = startCli(["deploy-version", "--tag", "killed"], env, folder);
      expect(await Promise.race([faults.struck(), killed.ended]), operation).toBeUndefined();
      killed.child.kill("SIGKILL");
      await killed.ended;
      await clients.ssm.send(new DeleteParameterCommand({ Name: "/bia-infra/bia/lock" }));
    }
    faults.set([]);
    expect(reportOf(await deploy("--tag", "killed"))).toMatchObject({ exitCode: 0 });
    expect(await serving()).toMatchObject({ version: "killed" });
    expect((await activeRevisions()).length).toBe(before.length + 2);
  }, 120_000);

  it("goes on by itself when whoever watches has pressed Ctrl-C, and says so", async () => {
    await changeApp();
    const watched = startCli(["deploy-version", "--tag", "left"], env, folder);
    watched.child.stderr?.on("data", (text: string) => {
      if (/ on left: waiting/.test(text)) watched.child.kill("SIGINT");
    });
    const { code, stderr } = await watched.ended;
    expect(code, stderr).toBe(130);
    expect(stderr).toContain("ECS goes on with the deployment by itself: `bia-infra status --watch`");
    expect(reportOf(await deploy("--tag", "left"))).toMatchObject({ exitCode: 0 });
    expect(await serving()).toMatchObject({ version: "left" });
  });

  it("is listed, taken back to what served before in the same way, and started anew", async () => {
    await changeApp();
    await deploy("--tag", "older");
    const older = await serving();
    await changeApp();
    await deploy("--tag", "newer");
    const newer = await serving();
    const listed = async () =>
      (JSON.parse((await bia("versions", "--json")).stdout) as { version?: string; serves: boolean }[]).slice(0, 2);
    expect(await listed()).toMatchObject([
      { version: "newer", serves: true },
      { version: "older", serves: false },
    ]);
    expect(reportOf(await bia("rollback", "--json"))).toMatchObject({ exitCode: 0 });
    expect(await serving()).toEqual(older);
    expect(await listed()).toMatchObject([{ serves: false }, { version: "older", serves: true }]);
    expect((await planned()).map(({ verdict }) => verdict)).toEqual(["unchanged", "unchanged", "unchanged"]);
    expect(reportOf(await bia("rollback", "--json", "--to", "newer"))).toMatchObject({ exitCode: 0 });
    expect(await serving()).toEqual(newer);
    const restarted = reportOf(await bia("restart", "--json"));
    expect(restarted).toMatchObject({ exitCode: 0 });
    expect(Object.values(verdictsOf(restarted))).toContain("update");
    expect(reportOf(await bia("rollback", "--json", "--to", "never"))).toMatchObject({
      exitCode: 2,
      calls: { changing: 0 },
      error: {
        why: "there is no version never",
        next: expect.stringMatching(/^There is: \d+ \(newer\), \d+ \(older\), \d+/),
      },
    });
  });

  it("is no version to go back to, or to start anew, where it does not come to serve or another one answers", async () => {
    await changeApp();
    await deploy("--tag", "gone");
    await changeApp();
    await deploy("--tag", "there");
    const { ecr } = sandbox.world.region("us-east-1");
    for (const { repositoryName, imageDigest } of ecr.images.filter(({ imageTags }) => imageTags.includes("gone")))
      ecr.images.delete(`${repositoryName}@${imageDigest}`);
    const back = reportOf(await bia("rollback", "--json", "--to", "gone"));
    expect(back).toMatchObject({
      exitCode: 6,
      error: { what: expect.stringMatching(/^revision \d+ \(gone\) does not serve$/) },
    });
    expect(back.error?.why).toContain("CannotPullContainerError");
    const server = path.join(folder, "app", "server.mjs");
    const honest = await readFile(server, "utf8");
    await writeFile(server, `process.env.VERSAO_API = "v0";\n${honest}`);
    expect(reportOf(await deploy("--tag", "lies", "--no-rollback"))).toMatchObject({ exitCode: 6 });
    await writeFile(server, honest);
    const anew = reportOf(await bia("restart", "--json"));
    expect(anew).toMatchObject({
      exitCode: 6,
      error: { why: expect.stringContaining('answers "Bia v0", and not lies') },
    });
    expect(reportOf(await bia("rollback", "--json", "--to", "there"))).toMatchObject({ exitCode: 0 });
  });

  it("says before anything is changed what would keep a version from serving, as verify does", async () => {
    const { logs } = clients;
    await logs.send(new DeleteLogGroupCommand({ logGroupName: "/ecs/task-def-bia-alb" }));
    const [report, verified] = [reportOf(await deploy("--tag", "unseen")), await bia("verify")];
    expect(verified).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/log group .*is not there(.|\n)*1 problem/),
    });
    expect(report).toMatchObject({ exitCode: 1, calls: { changing: 0 } });
    const made = reportOf(await bia("create", "--json", "--all"));
    expect(made.error).toBeUndefined();
    expect(await bia("verify", "--tag", "unseen")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("bia:unseen"),
    });
    expect(await bia("verify")).toMatchObject({ code: 0, stdout: expect.stringContaining("no problem found\n") });
  });

  it("refuses what is no tag, what is no build argument, and a service that is not there, without a call", async () => {
    expect(await deploy("--tag", ":v1")).toMatchObject({ code: 2, stderr: expect.stringContaining("A tag has") });
    expect(await deploy("--tag", "v1", "--build-arg", "=x")).toMatchObject({ code: 2 });
    const report = reportOf(await deploy("other", "--tag", "v1"));
    expect(report.error).toMatchObject({ next: expect.stringContaining("service-bia-alb") });
    expect(await bia("verify", "other")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no service other"),
    });
  });

  it("leaves a service alone that somebody else made", async () => {
    const { services } = await clients.ecs.send(new DescribeServicesCommand(SERVICE));
    const resourceArn = services?.[0]?.serviceArn;
    await clients.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ["bia-infra:stack"] }));
    const report = reportOf(await deploy("--tag", "foreign"));
    await clients.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: "bia-infra:stack", value: "bia" }] }));
    expect(report).toMatchObject({ exitCode: 1, calls: { changing: 0 } });
    expect(report.error?.next).toContain("--adopt");
  });
});
