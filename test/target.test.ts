import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { awsClients } from "../src/aws/clients.ts";
import { RunStopped } from "../src/engine/errors.ts";
import type { LogEntry } from "../src/sandbox/wire/endpoint.ts";
import { resolveTarget, type TargetChoice } from "../src/target.ts";
import { homeForTest } from "./support/daemon.ts";
import { homeOf, sandboxForTest } from "./support/sandbox.ts";

const onSandbox = { target: "sandbox" } as const;
const onAws = { target: "aws" } as const;

/** Why and with which exit code a choice is refused. */
async function refusal(choice: TargetChoice): Promise<{ why: string; next: string; exitCode: number }> {
  const error = await resolveTarget(choice).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RunStopped)) throw new Error(`not refused: ${error}`);
  return { why: error.message, next: error.next, exitCode: error.exitCode };
}

describe("the target", () => {
  it("is the flag's, else BIA_TARGET's, else the variables file's", async () => {
    const name = async (choice: TargetChoice) => (await resolveTarget(choice)).name;
    expect(await name({ flag: "aws", env: { BIA_TARGET: "sandbox" }, variables: onSandbox })).toBe("aws");
    expect(await name({ env: { BIA_TARGET: "aws" }, variables: onSandbox })).toBe("aws");
    expect(await name({ env: {}, variables: onAws })).toBe("aws");
  });

  it("is refused by name when there is none such", async () => {
    expect(await refusal({ flag: "prod", env: {}, variables: onSandbox })).toMatchObject({
      why: '--target is "prod", which is no target.',
      exitCode: 2,
    });
    expect(await refusal({ env: { BIA_TARGET: "AWS" }, variables: onSandbox })).toMatchObject({
      why: 'BIA_TARGET is "AWS", which is no target.',
      exitCode: 2,
    });
  });

  it("sandbox is started, with its endpoint, its keys and nothing of the environment's account", async () => {
    const home = await homeForTest();
    vi.stubEnv("BIA_SANDBOX_HOME", home.folder);
    const env = { AWS_ACCESS_KEY_ID: "AKIAREAL", AWS_PROFILE: "work", AWS_ENDPOINT_URL: "https://example.com" };
    const target = await resolveTarget({ env, variables: onSandbox });
    vi.unstubAllEnvs();
    expect(target).toMatchObject({ name: "sandbox", region: "us-east-1", startedNow: true });
    expect(target.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(target.credentials?.accessKeyId).toMatch(/^BIASANDBOX/);
  });

  it("sandbox is what every client talks to, whatever the environment says", async () => {
    const entries: LogEntry[] = [];
    const sandbox = await sandboxForTest({ log: (entry) => entries.push(entry) });
    const elsewhere = { AWS_ENDPOINT_URL: "http://127.0.0.1:9", AWS_ENDPOINT_URL_EC2: "http://127.0.0.1:9" };
    const someone = { AWS_ACCESS_KEY_ID: "AKIAREAL", AWS_SECRET_ACCESS_KEY: "real", AWS_SESSION_TOKEN: "real" };
    const env = { BIA_SANDBOX_HOME: await homeOf(sandbox), AWS_PROFILE: "work", ...elsewhere, ...someone };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const clients = awsClients(await resolveTarget({ env: {}, variables: onSandbox }));
    await clients.account();
    await Promise.allSettled([
      clients.ec2.send(new DescribeVpcsCommand({})),
      clients.iam.send(new GetRoleCommand({ RoleName: "x" })),
      clients.ssm.send(new GetParameterCommand({ Name: "x" })),
    ]);
    expect(entries.map(({ service }) => service).sort()).toEqual(["ec2", "iam", "ssm", "sts"]);
    expect(entries.filter(({ status }) => status === 401 || status === 403)).toEqual([]);
  });

  it("aws leaves endpoint and credentials to the SDK", async () => {
    const target = await resolveTarget({ env: { AWS_REGION: "sa-east-1" }, variables: onAws });
    expect(target).toEqual({ name: "aws", region: "sa-east-1", speed: 1, isUsual: true, registry: {} });
  });
});

describe("the region", () => {
  const region = async (env: NodeJS.ProcessEnv, written?: string) =>
    (await resolveTarget({ env, variables: { ...onAws, region: written } })).region;

  it("is AWS_REGION's, else AWS_DEFAULT_REGION's, else the variables file's, else us-east-1", async () => {
    vi.stubEnv("AWS_CONFIG_FILE", "/nowhere");
    expect(await region({ AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "sa-east-1" })).toBe("eu-west-1");
    expect(await region({ AWS_DEFAULT_REGION: "sa-east-1" })).toBe("sa-east-1");
    expect(await region({}, "sa-east-1")).toBe("sa-east-1");
    expect(await region({ AWS_REGION: "" })).toBe("us-east-1");
    vi.unstubAllEnvs();
  });

  it("is refused where the environment and the variables file contradict each other", async () => {
    const variables = { ...onAws, region: "sa-east-1" };
    expect(await region({ AWS_REGION: "sa-east-1" }, "sa-east-1")).toBe("sa-east-1");
    expect(await refusal({ env: { AWS_REGION: "eu-west-1" }, variables })).toEqual({
      why: "AWS_REGION is eu-west-1, but the variables file says region sa-east-1.",
      next: "Unset AWS_REGION, or set it to sa-east-1, or change region in the variables file.",
      exitCode: 2,
    });
  });

  it.each(["cn-north-1", "us-gov-west-1"])("is refused in another partition of AWS: %s", async (asked) => {
    const why = expect.stringContaining("the regions of China, of GovCloud and of others like them are not supported");
    expect(await refusal({ env: { AWS_REGION: asked }, variables: onAws })).toMatchObject({ why, exitCode: 2 });
    const folder = await mkdtemp(path.join(tmpdir(), "bia-profile-"));
    await writeFile(path.join(folder, "config"), `[default]\nregion = ${asked}\n`);
    vi.stubEnv("AWS_CONFIG_FILE", path.join(folder, "config"));
    expect(await refusal({ env: {}, variables: onAws })).toMatchObject({ why, exitCode: 2 });
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  it("is refused where there is none such", async () => {
    expect(await refusal({ env: { AWS_REGION: "us-east-9" }, variables: onSandbox })).toMatchObject({
      why: 'AWS_REGION is "us-east-9", which is no AWS region.',
      exitCode: 2,
    });
  });
});
