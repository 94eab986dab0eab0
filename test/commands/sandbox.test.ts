import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
} from "@aws-sdk/client-ec2";
import { CreateListenerCommand, CreateLoadBalancerCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateDBInstanceCommand } from "@aws-sdk/client-rds";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { awsClients } from "../../src/aws/clients.ts";
import * as commands from "../../src/commands/sandbox.ts";
import { ensureSandbox, sandboxStatus } from "../../src/sandbox/daemon.ts";
import { type Home, readRecord } from "../../src/sandbox/home.ts";
import { homeForTest } from "../support/daemon.ts";

interface Said {
  readonly home: Home;
  /** Runs a command and tells its exit code and what it wrote. */
  run(command: () => Promise<number>): Promise<{ code: number; out: string; err: string }>;
}

/** An empty home as this process's environment has it, and ears. */
async function listening(): Promise<Said> {
  const home = await homeForTest();
  vi.stubEnv("BIA_SANDBOX_HOME", home.folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return {
    home,
    async run(command) {
      const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
      const err = vi.spyOn(process.stderr, "write").mockReturnValue(true);
      try {
        const code = await command();
        return { code, out: textOf(out), err: textOf(err) };
      } finally {
        out.mockRestore();
        err.mockRestore();
      }
    },
  };
}

function textOf(spy: { mock: { calls: unknown[][] } }): string {
  return spy.mock.calls.map(([text]) => String(text)).join("");
}

/** A load balancer that answers by itself. */
async function serveHello({ ec2, elbv2 }: ReturnType<typeof awsClients>): Promise<void> {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  const GroupId = SecurityGroups[0]?.GroupId;
  const IpPermissions = [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const ids = Subnets.slice(0, 2).map(({ SubnetId = "" }) => SubnetId);
  const { LoadBalancers } = await elbv2.send(new CreateLoadBalancerCommand({ Name: "bia", Subnets: ids }));
  await elbv2.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
      Protocol: "HTTP",
      Port: 80,
      DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "200", MessageBody: "hello" } }],
    }),
  );
}

describe("bia-infra sandbox", () => {
  it("start prints the endpoint, and says whether it ran before", async () => {
    const { run } = await listening();
    const first = await run(commands.start);
    expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\n$/) });
    expect(first.err).toContain("the sandbox is started");
    const second = await run(commands.start);
    expect(second).toMatchObject({ code: 0, out: first.out });
    expect(second.err).toContain("the sandbox is running already");
  });

  it("stop keeps what is there, and says when there is nothing to stop", async () => {
    const { run, home } = await listening();
    await ensureSandbox(home);
    expect((await run(commands.stop)).err).toContain("is stopped");
    expect(await run(commands.stop)).toEqual({ code: 0, out: "", err: "no sandbox is running\n" });
  });

  it("ca prints the certificate of the sandbox's authority alone, which a reset keeps, and says where it lies", async () => {
    const { run, home } = await listening();
    const { code, out, err } = await run(() => commands.ca());
    expect(code).toBe(0);
    expect(new X509Certificate(out).subject).toMatch(/^O=bia-infra sandbox\nCN=bia-infra sandbox CA [0-9a-f]{6}$/);
    const [, file = ""] = /^it is in (.*)$/m.exec(err) ?? [];
    expect(file.startsWith(home.folder)).toBe(true);
    expect(await readFile(file, "utf8")).toBe(out);
    expect(err).toMatch(/^how to trust it: (npx )?bia-infra sandbox ca --help$/m);
    await run(() => commands.reset({ yes: true }));
    expect((await run(() => commands.ca())).out).toBe(out);
  });

  it("ca says that there is no certificate for a domain", async () => {
    const { run } = await listening();
    const said = await run(() => commands.ca({ domain: "bia.com.br" }));
    expect(said).toMatchObject({ code: 1, out: "" });
    expect(said.err).toMatch(/^No certificate for bia\.com\.br was issued\.\nCertificate Manager issues one once/);
  });

  it("machines and status tell where a database is reached from here", async () => {
    const { run, home } = await listening();
    const { endpoint, credentials } = await ensureSandbox(home);
    const clients = awsClients({ endpoint, credentials, region: "us-east-1" });
    onTestFinished(() => clients.close());
    await clients.rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: "bia",
        DBInstanceClass: "db.t3.micro",
        Engine: "postgres",
        EngineVersion: "16",
        AllocatedStorage: 20,
        StorageType: "gp2",
        MasterUsername: "postgres",
        MasterUserPassword: "a-password-of-this-test",
      }),
    );
    const reached = /bia {2}(backing-up|available) {2}us-east-1 {2}127\.[\d.]+:\d+ as user postgres/;
    await vi.waitFor(async () => expect((await run(() => commands.machines())).out).toMatch(reached), 20_000);
    expect((await run(() => commands.status())).out).toMatch(reached);
    const { details } = await sandboxStatus(home);
    expect(details?.databases).toMatchObject([
      { id: "bia", endpoint: expect.stringContaining(".rds.amazonaws.com:5432") },
    ]);
  }, 40_000);

  it("machines and status tell where a load balancer is reached from here; a killed sandbox leaves no port, the next has the same", async () => {
    const { run, home } = await listening();
    const { endpoint, credentials } = await ensureSandbox(home);
    const clients = awsClients({ endpoint, credentials, region: "us-east-1" });
    onTestFinished(() => clients.close());
    await serveHello(clients);
    const told = /listener +bia {2}HTTP 80 {2}us-east-1 {2}(http:\/\/127\.0\.0\.1:\d+)/;
    await vi.waitFor(async () => expect((await run(() => commands.status())).out).toMatch(told), 20_000);
    const [, url = ""] = told.exec((await run(() => commands.machines())).out) ?? [];
    expect(await (await fetch(url)).text()).toBe("hello");
    const { pid = 0 } = await sandboxStatus(home);
    process.kill(pid, "SIGKILL");
    await vi.waitFor(() => expect(fetch(url)).rejects.toThrow("fetch failed"), 20_000);
    await ensureSandbox(home);
    await vi.waitFor(async () => expect(await (await fetch(url)).text()).toBe("hello"), 20_000);
  }, 60_000);

  it("status tells where it runs, never its secret key", async () => {
    const { run, home } = await listening();
    expect(await run(() => commands.status())).toMatchObject({ code: 1, out: expect.stringContaining("not running") });
    const { credentials, endpoint } = await ensureSandbox(home);
    const text = await run(() => commands.status());
    const json = await run(() => commands.status({ json: true }));
    expect(text.out).toContain(endpoint);
    expect(JSON.parse(json.out)).toMatchObject({ running: true, endpoint, details: { account: "000000000000" } });
    for (const { code, out, err } of [text, json]) {
      expect(code).toBe(0);
      expect(out + err).not.toContain(credentials.secretAccessKey);
    }
  });

  it("reset deletes nothing without being asked to", async () => {
    const { run, home } = await listening();
    const { isTTY } = process.stdin;
    process.stdin.isTTY = false;
    onTestFinished(() => {
      process.stdin.isTTY = isTTY;
    });
    await ensureSandbox(home);
    const { pid } = await sandboxStatus(home);
    expect(await run(() => commands.reset())).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    expect(await sandboxStatus(home)).toMatchObject({ pid });
    expect(await run(() => commands.reset({ yes: true }))).toMatchObject({
      code: 0,
      err: expect.stringContaining("empty"),
    });
  });

  it("logs shows the last lines", async () => {
    const { run, home } = await listening();
    expect(await run(() => commands.logs())).toMatchObject({ code: 1, out: "" });
    await mkdir(home.folder, { recursive: true });
    await writeFile(home.log, "one\ntwo\nthree\n");
    expect(await run(() => commands.logs({ lines: 2 }))).toEqual({ code: 0, out: "two\nthree\n", err: "" });
  });

  it("env points a shell at the sandbox and away from everything else", {
    skip: process.platform === "win32",
  }, async () => {
    const { run, home } = await listening();
    const { out, code } = await run(() => commands.env({ shell: "bash", region: "sa-east-1" }));
    expect(code).toBe(0);
    const env = { PATH: process.env.PATH, AWS_PROFILE: "work", AWS_SESSION_TOKEN: "token", AWS_REGION: "eu-west-1" };
    const seen = execFileSync("sh", ["-c", `${out} env`], { env, encoding: "utf8" });
    const record = await readRecord(home);
    expect(
      seen
        .split("\n")
        .filter((line) => line.startsWith("AWS_"))
        .sort(),
    ).toEqual([
      `AWS_ACCESS_KEY_ID=${record?.accessKeyId}`,
      "AWS_DEFAULT_REGION=sa-east-1",
      `AWS_ENDPOINT_URL=${record?.endpoint}`,
      "AWS_REGION=sa-east-1",
      `AWS_SECRET_ACCESS_KEY=${record?.secretAccessKey}`,
    ]);
  });

  it("env writes for other shells too, and refuses one that it does not know", async () => {
    const { run } = await listening();
    const lines = async (shell: string) => (await run(() => commands.env({ shell }))).out;
    expect(await lines("fish")).toMatch(/^set -gx AWS_ENDPOINT_URL 'http/);
    expect(await lines("powershell")).toMatch(/^\$env:AWS_ENDPOINT_URL = 'http/);
    expect(await lines("cmd")).toMatch(/^set "AWS_ENDPOINT_URL=http/);
    expect(await run(() => commands.env({ shell: "tcsh" }))).toEqual({
      code: 2,
      out: "",
      err: "tcsh is no shell that is known here; known are bash, zsh, fish, powershell, cmd\n",
    });
  });
});
