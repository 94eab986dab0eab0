import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path, { join } from "node:path";
import {
  CreateSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  DescribeSpotPriceHistoryCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { ListAttributesCommand } from "@aws-sdk/client-ecs";
import { ListUsersCommand } from "@aws-sdk/client-iam";
import { ListHealthChecksCommand } from "@aws-sdk/client-route-53";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { awsClients } from "../../src/aws/clients.ts";
import { claimHome, holderOf } from "../../src/sandbox/claim.ts";
import { ensureSandbox, resetSandbox, type Sandbox, sandboxStatus, stopSandbox } from "../../src/sandbox/daemon.ts";
import { isRunning } from "../../src/sandbox/health.ts";
import { type Home, makeHome, readRecord, sandboxHome, writeRecord } from "../../src/sandbox/home.ts";
import { VERSION } from "../../src/version.ts";
import { homeForTest } from "../support/daemon.ts";
import { temporaryFolder } from "../support/folder.ts";
import { homeOf, sandboxForTest } from "../support/sandbox.ts";

describe("the sandbox's process", () => {
  it("is started by the first who needs it and found by the next", async () => {
    const home = await homeForTest();
    const first = await ensureSandbox(home);
    const second = await ensureSandbox(home);
    expect(first.startedNow).toBe(true);
    expect(second).toEqual({ ...first, now: expect.any(Function), startedNow: false });
    // Its clock, told by both.
    expect(Math.abs(second.now() - first.now())).toBeLessThan(5_000);
  });

  it("is one, however many start it at once", async () => {
    const home = await homeForTest();
    const sandboxes = await Promise.all(Array.from({ length: 4 }, () => ensureSandbox(home)));
    expect(new Set(sandboxes.map(({ pid }) => pid)).size).toBe(1);
    expect((await readFile(home.log, "utf8")).match(/ serves at /g)).toHaveLength(1);
  });

  it("comes back with the same ports and keys after a stop", async () => {
    const home = await homeForTest();
    const { endpoint, credentials, pid } = await ensureSandbox(home);
    const { registry, dns } = (await sandboxStatus(home)).details ?? {};
    expect([registry, dns]).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    ]);
    expect(await stopSandbox(home)).toBe(true);
    await vi.waitUntil(() => !isRunning(pid), 20_000);
    expect(await sandboxStatus(home)).toMatchObject({ running: false, endpoint });
    expect(await ensureSandbox(home)).toMatchObject({ endpoint, credentials, startedNow: true });
    expect((await sandboxStatus(home)).details).toMatchObject({ registry, dns });
  });

  it("is started anew when it was killed", async () => {
    const home = await homeForTest();
    const killed = await ensureSandbox(home);
    process.kill(killed.pid, "SIGKILL");
    const again = await ensureSandbox(home);
    expect(again).toMatchObject({ endpoint: killed.endpoint, credentials: killed.credentials, startedNow: true });
    expect(again.pid).not.toBe(killed.pid);
  });

  it("moves to another port when its own was taken meanwhile, and by something that looks like a sandbox", async () => {
    const home = await homeForTest();
    const { endpoint } = await ensureSandbox(home);
    await stopSandbox(home);
    const squatter = createServer((_, response) => response.end('{"product":"bia-infra","version":"0.1.0","pid":1}'));
    squatter.listen(Number(new URL(endpoint).port), "127.0.0.1");
    onTestFinished(() => void squatter.close());
    await once(squatter, "listening");
    const moved = await ensureSandbox(home);
    expect(moved.endpoint).not.toBe(endpoint);
    expect(await sandboxStatus(home)).toMatchObject({ running: true, pid: moved.pid });
  });

  it("is not mistaken for the process that has its number now", async () => {
    const home = await homeForTest();
    const record = { endpoint: "http://127.0.0.1:9", accessKeyId: "a", secretAccessKey: "s", version: VERSION };
    await makeHome(home);
    await writeRecord(home, { ...record, pid: process.pid });
    expect(await ensureSandbox(home)).toMatchObject({ startedNow: true });
    expect(isRunning(process.pid)).toBe(true);
  });

  it("starts with new keys when its record is broken", async () => {
    const home = await homeForTest();
    await makeHome(home);
    await writeFile(home.record, '{"endpoint": "http://127');
    expect(await ensureSandbox(home)).toMatchObject({ startedNow: true });
  });

  it("replaces one of another version, and says so", async () => {
    const home = await homeForTest();
    const script = join(import.meta.dirname, "../support/old-sandbox.ts");
    const old = spawn(process.execPath, ["--import", "tsx", script, home.folder, "0.0.1"], { stdio: "inherit" });
    await vi.waitUntil(() => readRecord(home), { timeout: 30_000 });
    const { endpoint, accessKeyId } = (await readRecord(home)) ?? {};
    const replacing = await ensureSandbox(home);
    expect(replacing).toMatchObject({ endpoint, credentials: { accessKeyId }, replaced: "0.0.1", startedNow: true });
    await vi.waitUntil(() => !isRunning(old.pid ?? 0), 20_000);
  });

  it("says why it could not be started", async () => {
    const home = await homeForTest();
    await makeHome(home);
    await writeFile(join(home.world, "world.json"), "not what a sandbox writes");
    await expect(ensureSandbox(home)).rejects.toThrow(/The sandbox could not be started: .*JSON/);
    expect(await readFile(join(home.world, "world.json"), "utf8")).toBe("not what a sandbox writes");
  });

  it("runs as the environment of whoever starts it says", async () => {
    const home = await homeForTest();
    vi.stubEnv("BIA_SANDBOX_SPEED", "60");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect((await ensureSandbox(home)).speed).toBe(60);
  });

  it("is found by other processes where a test runs it in its own", async () => {
    const sandbox = await sandboxForTest();
    const home = sandboxHome({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
    expect(await ensureSandbox(home)).toMatchObject({ endpoint: sandbox.endpoint, startedNow: false });
  });

  it("lets nobody else read its keys", { skip: process.platform === "win32" }, async () => {
    const home = await homeForTest();
    await ensureSandbox(home);
    const modes = await Promise.all([home.folder, home.record, home.log].map(async (path) => (await stat(path)).mode));
    expect(modes.map((mode) => (mode & 0o777).toString(8))).toEqual(["700", "600", "600"]);
  });

  it("knows the operations that it does not serve by their names, of every protocol", async () => {
    const sandbox = await ensureSandbox(await homeForTest());
    const { ec2, ecs, iam, route53, close } = awsClients({ ...sandbox, region: "us-east-1" });
    const refusals = await Promise.allSettled([
      ec2.send(new DescribeSpotPriceHistoryCommand({ InstanceTypes: ["t3.micro"] })),
      ecs.send(new ListAttributesCommand({ targetType: "container-instance" })),
      iam.send(new ListUsersCommand({ PathPrefix: "/" })),
      route53.send(new ListHealthChecksCommand({ MaxItems: 1 })),
    ]);
    close();
    const names = [
      "DescribeSpotPriceHistory of ec2",
      "ListAttributes of ecs",
      "ListUsers of iam",
      "ListHealthChecks of route53",
    ];
    expect(refusals.map((one) => one.status === "rejected" && one.reason.message)).toEqual(
      names.map((name) => `The sandbox does not emulate the operation ${name}. On AWS it exists.`),
    );
  });

  it("writes no secret into its log", async () => {
    const home = await homeForTest();
    const { credentials } = await ensureSandbox(home);
    await sandboxStatus(home);
    expect(await readFile(home.log, "utf8")).not.toContain(credentials.secretAccessKey);
  });

  it("runs again after a reset if it ran before, and only then", async () => {
    const home = await homeForTest();
    expect(await resetSandbox(home)).toEqual({ running: false });
    const { pid } = await ensureSandbox(home);
    expect(await resetSandbox(home)).toEqual({ running: true });
    await vi.waitUntil(() => !isRunning(pid), 20_000);
    expect(await sandboxStatus(home)).toMatchObject({ running: true });
  });

  it("lives where the platform keeps a user's data, or where BIA_SANDBOX_HOME says", () => {
    expect(sandboxHome({ BIA_SANDBOX_HOME: "/somewhere" }).folder).toBe("/somewhere");
    expect(sandboxHome({}).folder).toMatch(/bia-infra.sandbox$/);
  });
});

describe("what was built in the sandbox", () => {
  it("is there again after a stop, and gone after a reset", async () => {
    const home = await homeForTest();
    await createGroup(await ensureSandbox(home), "kept");
    await stopSandbox(home);
    expect(await groupNames(await ensureSandbox(home))).toEqual(["default", "kept"]);
    await resetSandbox(home);
    expect(await groupNames(await ensureSandbox(home))).toEqual(["default"]);
  });

  it("survives the sandbox's sudden death, down to the last call that was answered", async () => {
    const home = await homeForTest();
    const killed = await ensureSandbox(home);
    const names = Array.from({ length: 20 }, (_, index) => `group-${index}`);
    const answered: string[] = [];
    const creating = names.map((name) => createGroup(killed, name).then(() => answered.push(name)));
    await Promise.race(creating);
    process.kill(killed.pid, "SIGKILL");
    await Promise.allSettled(creating);
    const there = await groupNames(await ensureSandbox(home));
    expect(answered).not.toEqual([]);
    expect(there).toEqual(expect.arrayContaining(answered));
  });

  it("is kept when a newer version replaces the sandbox", async () => {
    const home = await homeForTest();
    const script = join(import.meta.dirname, "../support/old-sandbox.ts");
    spawn(process.execPath, ["--import", "tsx", script, home.folder, "0.0.1"], { stdio: "inherit" });
    const old = await vi.waitUntil(() => readRecord(home), { timeout: 30_000 });
    await createGroup({ endpoint: old.endpoint, credentials: old }, "kept");
    expect(await groupNames(await ensureSandbox(home))).toEqual(["default", "kept"]);
  });
});

type Reachable = Pick<Sandbox, "endpoint" | "credentials">;

function clientOf({ endpoint, credentials: { accessKeyId, secretAccessKey } }: Reachable): EC2Client {
  // The order of answers has to be the order in which the sandbox was asked; a second attempt would mix it up.
  return new EC2Client({
    endpoint,
    credentials: { accessKeyId, secretAccessKey },
    region: "us-east-1",
    maxAttempts: 1,
  });
}

async function createGroup(sandbox: Reachable, name: string): Promise<void> {
  await clientOf(sandbox).send(new CreateSecurityGroupCommand({ GroupName: name, Description: "of a test" }));
}

async function groupNames(sandbox: Reachable): Promise<(string | undefined)[]> {
  const { SecurityGroups = [] } = await clientOf(sandbox).send(new DescribeSecurityGroupsCommand({ MaxResults: 1000 }));
  return SecurityGroups.map(({ GroupName }) => GroupName).sort();
}

describe.skipIf(process.platform === "win32")("a sandbox that hangs", () => {
  /** What it reads first never ends. */
  async function hangingHome(): Promise<Home> {
    const home = await homeForTest();
    await makeHome(home);
    execFileSync("mkfifo", [join(home.world, "world.json")]);
    return home;
  }

  const holder = (home: Home) => vi.waitUntil(() => holderOf(home), { timeout: 30_000, interval: 20 });
  const isGone = (pid: number) => vi.waitUntil(() => !isRunning(pid), { timeout: 15_000, interval: 20 });

  /** A process that has claimed the home and then never rests again. */
  async function busyProcess(home: Home): Promise<number> {
    const script = path.resolve(import.meta.dirname, "../support/busy-daemon.ts");
    const child = spawn(process.execPath, ["--import", "tsx", script, home.folder], { stdio: "ignore" });
    onTestFinished(() => void child.kill("SIGKILL"));
    expect(await holder(home)).toBe(child.pid);
    return child.pid ?? 0;
  }

  it("at its start is ended by whoever gives up on it", async () => {
    const home = await hangingHome();
    const starting = ensureSandbox(home, 8_000).catch((error: Error) => error);
    const pid = await holder(home);
    expect(await starting).toMatchObject({ message: "The sandbox did not start within 8 s and was ended." });
    await isGone(pid);
    expect(await sandboxStatus(home)).toMatchObject({ running: false });
    expect(await sandboxStatus(home)).not.toHaveProperty("pid");
  });

  it("at its start is known to status, and ended by stop", async () => {
    const home = await hangingHome();
    const starting = ensureSandbox(home, 60_000).catch((error: Error) => error);
    const pid = await holder(home);
    expect(await sandboxStatus(home)).toMatchObject({ running: false, unusable: "starting", pid });
    expect(await stopSandbox(home)).toBe(true);
    await isGone(pid);
    expect(await starting).toMatchObject({ message: expect.stringContaining("could not be started") });
    expect(await stopSandbox(home)).toBe(false);
  });

  it("at its start gives way to a reset, after which an empty one runs", async () => {
    const home = await hangingHome();
    const starting = ensureSandbox(home, 60_000).catch(() => {});
    const pid = await holder(home);
    expect(await resetSandbox(home)).toEqual({ running: true });
    await isGone(pid);
    await starting;
    expect(await sandboxStatus(home)).toMatchObject({ running: true });
  });

  it("is ended although it never rests, and the next one takes its place", async () => {
    const home = await homeForTest();
    await makeHome(home);
    const pid = await busyProcess(home);
    expect(await stopSandbox(home)).toBe(true);
    await isGone(pid);
    expect((await ensureSandbox(home)).startedNow).toBe(true);
  });
});

describe("a claim to a home", () => {
  it("is had by one of many that ask at once", async () => {
    const home = await homeWithoutSandbox();
    await makeHome(home);
    const seen = 0;
    const claims = await Promise.all(Array.from({ length: 20 }, () => claimHome(home, seen)));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  });

  it("is had by one of many when its holder is dead, who may write no more", async () => {
    const home = await homeWithoutSandbox();
    await makeHome(home);
    const dead = await claimHome(home, 0);
    const seen = 1;
    await writeFile(join(home.claims, "1"), String(await deadProcess()));
    const claims = await Promise.all(Array.from({ length: 20 }, () => claimHome(home, seen)));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    expect(dead?.holds()).toBe(false);
  });

  it("can be had again when it was released, and leaves one file behind", async () => {
    const home = await homeWithoutSandbox();
    await makeHome(home);
    await (await claimHome(home, 0))?.release();
    expect((await claimHome(home, 1))?.holds()).toBe(true);
    expect(await readdir(home.claims)).toHaveLength(1);
  });

  it("is not had by a process that comes so late that another one came and went", async () => {
    const home = await homeWithoutSandbox();
    await makeHome(home);
    await (await claimHome(home, 0))?.release();
    expect(await claimHome(home, 0)).toBeUndefined();
  });
});

/** The id of a process that is over. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid ?? 0;
}

/** A home to which this process itself may make claims. */
async function homeWithoutSandbox(): Promise<Home> {
  return sandboxHome({ BIA_SANDBOX_HOME: await temporaryFolder("bia-claims-") });
}
