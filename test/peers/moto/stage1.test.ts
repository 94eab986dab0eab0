import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { DescribeInstancesCommand, DescribeSecurityGroupsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { IAMClient, ListInstanceProfilesCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bareEnvironment, reportOf, runCli, verdictsOf } from "../support/cli.ts";
import { peerIsHere } from "../support/peer.ts";

/**
 * What moto cannot do, and why a task then ends as it does. Only this test knows moto; the product takes it for an AWS
 * that refuses.
 */
const SHORTCOMINGS: Readonly<Record<string, { readonly verdict: string; readonly cause: RegExp }>> = {
  // moto does not implement ssm:DescribeInstanceInformation (its machines have no agent) and answers an HTML page.
  "dev-ready": { verdict: "failed", cause: /not an answer of AWS \(HTTP 500\)/ },
};

describe.skipIf(!peerIsHere("moto_server", ["--help"]))("stage 1 against moto", () => {
  let moto: ChildProcess;
  let endpoint: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    const port = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    // Without this moto knows none of AWS's managed policies.
    const motoEnv = { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: "true" };
    moto = spawn("moto_server", ["-H", "127.0.0.1", "-p", `${port}`], { env: motoEnv, stdio: "ignore" });
    env = bareEnvironment({
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: "moto",
      AWS_SECRET_ACCESS_KEY: "moto",
      AWS_REGION: "us-east-1",
    });
    await answering(endpoint, moto);
  });

  afterAll(() => void moto.kill());

  const run = (...args: string[]) => runCli([...args, "--target", "aws", "--json"], env);

  it("creates everything that moto can hold", async () => {
    const report = reportOf(await run("create", "--stage", "1", "--yes"));
    const made = {
      "dev-security-group": "create",
      "dev-role": "create",
      "dev-instance-profile": "create",
      "dev-instance": "create",
    };
    expect(verdictsOf(report)).toEqual({
      "default-vpc": "unchanged",
      "dev-image": "unchanged",
      ...made,
      ...Object.fromEntries(Object.entries(SHORTCOMINGS).map(([id, { verdict }]) => [id, verdict])),
    });
    for (const [id, { cause }] of Object.entries(SHORTCOMINGS)) {
      expect(report.tasks.find((task) => task.id === id)?.error?.why).toMatch(cause);
    }
  });

  it("finds all of that unchanged the second time", async () => {
    const report = reportOf(await run("create", "--stage", "1", "--yes"));
    const others = report.tasks.filter(({ id }) => !(id in SHORTCOMINGS));
    expect(new Set(others.map(({ verdict }) => verdict))).toEqual(new Set(["unchanged"]));
  });

  it("plans without a changing call", async () => {
    expect(reportOf(await run("plan", "--stage", "1")).calls.changing).toBe(0);
  });

  it("destroys it and leaves nothing", async () => {
    const result = await run("destroy", "--all", "--yes");
    expect(result.code).toBe(0);
    const config = { endpoint, region: "us-east-1", credentials: { accessKeyId: "moto", secretAccessKey: "moto" } };
    const [ec2, iam, ssm] = [new EC2Client(config), new IAMClient(config), new SSMClient(config)];
    const groups = await ec2.send(new DescribeSecurityGroupsCommand({}));
    expect(groups.SecurityGroups?.map(({ GroupName }) => GroupName)).toEqual(["default"]);
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
    expect(Reservations?.flatMap(({ Instances }) => Instances?.map(({ State }) => State?.Name))).toEqual([
      "terminated",
    ]);
    expect((await iam.send(new ListRolesCommand({}))).Roles).toEqual([]);
    expect((await iam.send(new ListInstanceProfilesCommand({}))).InstanceProfiles).toEqual([]);
    const { Parameters } = await ssm.send(
      new DescribeParametersCommand({ Filters: [{ Key: "Name", Values: ["/bia-infra"] }] }),
    );
    expect(Parameters).toEqual([]);
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Resolves as soon as the server answers at all. */
async function answering(url: string, process: ChildProcess): Promise<void> {
  while (process.exitCode === null) {
    try {
      await fetch(url);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`moto_server ended with ${process.exitCode}`);
}
