import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { RunningSandbox } from "../src/sandbox/sandbox.ts";
import { bareEnvironment, type CliResult, eventsOf, reportOf, runCli, startCli, verdictsOf } from "./support/cli.ts";
import { sandboxForTest } from "./support/sandbox.ts";

/** Environment that points the command line at a sandbox of this process as if it were AWS. */
function awsIs(sandbox: RunningSandbox, over: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return bareEnvironment({
    AWS_ENDPOINT_URL: sandbox.endpoint,
    AWS_ACCESS_KEY_ID: sandbox.keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.keys.secretAccessKey,
    AWS_REGION: "us-east-1",
    ...over,
  });
}

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), "bia-cli-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function variablesFile(text: string): Promise<string> {
  const file = path.join(await folder(), "bia.ts");
  await writeFile(file, `import { defineVariables } from "bia-infra";\nexport default defineVariables(${text});\n`);
  return file;
}

describe("stage 1 on the sandbox of the user's own", () => {
  let home: string;
  let env: NodeJS.ProcessEnv;
  /** The run that brought up what stands; undefined: nothing does. */
  let created: CliResult | undefined;

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), "bia-home-"));
    env = bareEnvironment({ BIA_SANDBOX_HOME: home });
  });

  afterAll(async () => {
    await runCli(["sandbox", "stop"], env);
    await rm(home, { recursive: true, force: true });
  });

  beforeEach(async () => {
    created ??= await runCli(["create", "--stage", "1"], env);
    expect(created).toMatchObject({ code: 0 });
  });

  it("comes up with one command, without credentials, and says what was made, where, how long it took and what comes next", async () => {
    const { stdout = "", stderr } = created ?? {};
    expect(stderr).toMatch(/^bia-infra .* sandbox \(local, free\) · us-east-1 · account \d{12} · stack bia$/m);
    expect(stdout).toMatch(/work machine\s+i-[0-9a-f]{17}/);
    expect(stdout).toMatch(/\$0\.\d+ per hour/);
    expect(stdout).toContain("bia-infra destroy --all");
    expect(stdout).toMatch(/\d s/);
  });

  it("makes no changing call the second time", async () => {
    const report = reportOf(await runCli(["create", "--stage", "1", "--json"], env));
    expect(report).toMatchObject({ exitCode: 0, target: "sandbox", calls: { changing: 0 } });
    expect(new Set(Object.values(verdictsOf(report)))).toEqual(new Set(["unchanged"]));
  });

  it("is planned without a changing call, and --exit-code is for what there is to do", async () => {
    const nothing = await runCli(["plan", "--stage", "1", "--exit-code", "--json"], env);
    expect(reportOf(nothing)).toMatchObject({ exitCode: 0, calls: { changing: 0 } });
    expect(nothing.code).toBe(0);
    const config = await variablesFile(`{ devMachine: { role: { name: "another" } } }`);
    const something = await runCli(["plan", "--stage", "1", "--exit-code", "--json", "--config", config], env);
    expect(something.code).toBe(3);
    expect(reportOf(something)).toMatchObject({ exitCode: 3, calls: { changing: 0 } });
  });

  it("prints nothing but NDJSON on stdout with --json, the report last", async () => {
    const events = eventsOf(await runCli(["status", "--json"], env));
    expect(events[0]).toMatchObject({ type: "run", command: "status", stack: "bia" });
    const report = events.at(-1);
    expect(report).toMatchObject({ type: "report", region: "us-east-1", stack: "bia", ms: expect.any(Number) });
    expect(report?.type === "report" && report.tasks[0]).toMatchObject({
      id: expect.any(String),
      kind: expect.stringMatching(/^\w+\.[\w-]+$/),
      verdict: "unchanged",
      ms: expect.any(Number),
    });
  });

  it("tells its outputs: lines with a tab for a pipe, an object with --json", async () => {
    const lines = await runCli(["outputs"], env);
    expect(lines.code).toBe(0);
    expect(lines.stdout).toMatch(/^work machine\ti-[0-9a-f]{17}$/m);
    const { stdout } = await runCli(["outputs", "--stage", "1", "--json"], env);
    expect(JSON.parse(stdout)).toMatchObject({ "work machine": expect.stringMatching(/^i-/), app: expect.any(String) });
  });

  it("is not destroyed without being asked, and there is nobody to ask without a terminal", async () => {
    const { code, stderr } = await runCli(["destroy", "--all"], env);
    expect(code).toBe(2);
    expect(stderr).toContain("--yes");
    expect(
      reportOf(await runCli(["plan", "--stage", "1", "--json"], env)).tasks.map(({ verdict }) => verdict),
    ).not.toContain("create");
  });

  it("is destroyed, and destroyed twice", async () => {
    created = undefined;
    const first = reportOf(await runCli(["destroy", "--stage", "1", "--yes", "--json"], env));
    expect(first).toMatchObject({ exitCode: 0, left: [] });
    expect(first.unseen).toBeUndefined();
    // The variables do without an app.env: its parameter is looked for, and was never made.
    const { "dev-app-environment": secrets, ...made } = verdictsOf(first);
    expect(secrets).toBe("absent");
    expect(new Set(Object.values(made))).toEqual(new Set(["remove"]));
    const outputs = await runCli(["outputs"], env);
    expect(outputs).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("bia-infra create --all") });
    const second = reportOf(await runCli(["destroy", "--stage", "1", "--yes", "--json"], env));
    expect(second).toMatchObject({ exitCode: 0, calls: { changing: 0 } });
  });

  it("keeps its keys out of everything but the files of their owner", async () => {
    const { secretAccessKey } = JSON.parse(await readFile(path.join(home, "sandbox.json"), "utf8"));
    const runs = [
      await runCli(["create", "--stage", "1"], env),
      await runCli(["status", "--json"], env),
      await runCli(["sandbox", "status"], env),
      await runCli(["sandbox", "logs"], env),
    ];
    for (const { stdout, stderr } of runs) expect(stdout + stderr).not.toContain(secretAccessKey);
    if (process.platform === "win32") return;
    // What lies deeper (the files of an image, say) has the modes that its maker gave it, behind folders that are closed.
    for (const name of [".", ...(await readdir(home))]) {
      expect({ name, mode: (await stat(path.join(home, name))).mode & 0o077 }).toEqual({ name, mode: 0 });
    }
  });
});

describe("wrong usage and wrong variables", () => {
  const unreachable = bareEnvironment({ AWS_ENDPOINT_URL: "http://127.0.0.1:1", BIA_TARGET: "aws" });

  it("create wants to be told which stages", async () => {
    const { code, stderr } = await runCli(["create"], unreachable);
    expect(code).toBe(2);
    expect(stderr).toContain("--stage 1, --stage 2-3, or --all");
  });

  it("the beginning of a command is answered with that command, and --version after one is no question for ours", async () => {
    const begun = await runCli(["deploy"], unreachable);
    const version = await runCli(["deploy-version", "--version", "v2"], unreachable);
    expect(begun).toMatchObject({ code: 2, stderr: expect.stringContaining("(Did you mean deploy-version?)") });
    expect(version).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("unknown option '--version'"),
    });
  });

  it("an unknown stage is answered with those that there are", async () => {
    const { code, stderr } = await runCli(["plan", "--stage", "9"], unreachable);
    expect(code).toBe(2);
    expect(stderr).toMatch(/no stage 9[\s\S]*Its stages are: 1/);
  });

  it("every wrong value is reported at once with its path, and no call is made", async () => {
    const config = await variablesFile(`{
      devMachin: {},
      devMachine: { appPort: 70000, securityGroup: { ingress: [{ port: 3001, cidr: "300.0.0.0/8" }] } },
    } as never`);
    const { code, stderr } = await runCli(["create", "--all", "--yes", "--config", config], unreachable);
    expect(code).toBe(2);
    expect(stderr).toMatch(/devMachin\n\s+unknown name\n\s+did you mean devMachine\?/);
    expect(stderr).toMatch(/devMachine\.appPort[\s\S]*70000/);
    expect(stderr).toMatch(/devMachine\.securityGroup\.ingress\[0\]\.cidr[\s\S]*300\.0\.0\.0\/8/);
    expect(stderr).not.toContain("127.0.0.1:1");
  });

  it("a region that does not exist is refused before any call", async () => {
    const { code, stderr } = await runCli(["plan"], { ...unreachable, AWS_REGION: "us-west-9" });
    expect(code).toBe(2);
    expect(stderr).toContain("us-west-9");
  });
});

describe("an AWS that refuses", () => {
  const create = ["create", "--all", "--yes", "--json", "--target", "aws"];

  it("without credentials: exit 4, and how to get some", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const env = awsIs(sandbox);
    delete env.AWS_ACCESS_KEY_ID;
    delete env.AWS_SECRET_ACCESS_KEY;
    const report = reportOf(await runCli(create, env));
    expect(report).toMatchObject({ exitCode: 4, error: { next: expect.stringContaining("AWS_PROFILE") } });
  });

  it("with expired credentials: exit 4, and to sign in again", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const error = {
      code: "ExpiredToken",
      message: "The security token included in the request is expired",
      status: 403,
    };
    sandbox.world.faults.set([{ operation: "any", effect: { error } }]);
    const report = reportOf(await runCli(create, awsIs(sandbox)));
    expect(report).toMatchObject({
      exitCode: 4,
      error: { why: expect.stringContaining("ExpiredToken"), next: expect.stringContaining("sign in again") },
    });
  });

  it("with keys that AWS does not know: exit 4", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    expect((await runCli(create, awsIs(sandbox, { AWS_ACCESS_KEY_ID: "AKIAUNKNOWN" }))).code).toBe(4);
  });

  it("that nobody serves: exit 1, naming the endpoint", async () => {
    const env = bareEnvironment({
      AWS_ENDPOINT_URL: "http://127.0.0.1:1",
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "x",
      AWS_REGION: "us-east-1",
    });
    const report = reportOf(await runCli(create, env));
    expect(report).toMatchObject({ exitCode: 1, error: { why: expect.stringContaining("http://127.0.0.1:1") } });
  });

  it("without a default VPC: exit 1, what to do, and nothing made", async () => {
    const sandbox = await sandboxForTest({ delays: "none", defaultVpc: false });
    sandbox.world.faults.set([{ operation: "changing", effect: { latency: 0 } }]);
    const report = reportOf(await runCli([...create, "--concurrency", "1"], awsIs(sandbox)));
    expect(report.exitCode).toBe(1);
    const vpc = report.tasks.find(({ id }) => id === "default-vpc");
    expect(vpc?.error?.next).toContain("create-default-vpc");
    // The lock is taken, because a change was certain, and given back.
    expect(sandbox.world.faults.strikes()[0]?.calls).toEqual(["ssm:PutParameter", "ssm:DeleteParameter"]);
    const { ssm } = sandbox.world.region("us-east-1");
    expect(ssm.parameters.all()).toEqual([]);
  });
});

describe("two runs at once", () => {
  it("one works, the other says who holds the lock and exits with 5", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const env = awsIs(sandbox);
    const args = ["create", "--all", "--yes", "--json", "--target", "aws"];
    sandbox.world.faults.set([{ operation: "ec2:RunInstances", nth: 1, effect: "hang" }]);
    const first = startCli(args, env);
    await sandbox.world.faults.struck();
    sandbox.world.faults.set([]);
    // The second must have something to change.
    const config = await variablesFile(`{ devMachine: { securityGroup: { name: "another" } } }`);
    const second = reportOf(await runCli([...args, "--config", config], env));
    expect(second).toMatchObject({
      exitCode: 5,
      error: {
        why: expect.stringContaining(`process ${first.child.pid}`),
        next: expect.stringContaining("bia-infra unlock"),
      },
    });
    expect(second.error?.why).toMatch(/since \d+ s.*expires in \d+ s/);
    first.child.kill("SIGKILL");
    await first.ended;
  });

  it("a lock that was left behind can be removed", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const env = awsIs(sandbox);
    sandbox.world.faults.set([{ operation: "ec2:CreateSecurityGroup", nth: 1, effect: "hang" }]);
    const killed = startCli(["create", "--all", "--yes", "--target", "aws"], env);
    await sandbox.world.faults.struck();
    killed.child.kill("SIGKILL");
    await killed.ended;
    sandbox.world.faults.set([]);
    const unlocked = await runCli(["unlock", "--yes", "--target", "aws"], env);
    expect(unlocked).toMatchObject({ code: 0, stdout: expect.stringContaining("removed") });
    expect((await runCli(["unlock", "--yes", "--target", "aws"], env)).stdout).toContain("not locked");
    expect((await runCli(["create", "--stage", "1", "--yes", "--target", "aws"], env)).code).toBe(0);
  });
});

describe.skipIf(process.platform === "win32")("Ctrl-C", () => {
  it("once: lets running calls end, gives the lock back, says how to go on, and exits with 130", async () => {
    const sandbox = await sandboxForTest({ delays: "real" });
    const env = awsIs(sandbox);
    const running = startCli(["create", "--all", "--yes", "--json", "--target", "aws"], env);
    sandbox.world.faults.set([{ operation: "ec2:CreateSecurityGroup", effect: { latency: 0 } }]);
    await sandbox.world.faults.struck();
    running.child.kill("SIGINT");
    const report = reportOf(await running.ended);
    expect(report).toMatchObject({
      exitCode: 130,
      error: { next: expect.stringContaining("Run the same command again") },
    });
    expect((await runCli(["unlock", "--yes", "--target", "aws"], env)).stdout).toContain("not locked");
  });
});
