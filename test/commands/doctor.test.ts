import { writeFile } from "node:fs/promises";
import path from "node:path";
import {
  AllocateAddressCommand,
  CreateNatGatewayCommand,
  DeleteNatGatewayCommand,
  DeleteRouteCommand,
  DescribeImagesCommand,
  DescribeRouteTablesCommand,
  DescribeSubnetsCommand,
  ModifySubnetAttributeCommand,
  RunInstancesCommand,
  waitUntilNatGatewayDeleted,
} from "@aws-sdk/client-ec2";
import { expect, it } from "vitest";
import { type Finding, findingsOf } from "../../src/doctor/index.ts";
import type { SandboxOptions } from "../../src/sandbox/sandbox.ts";
import { requirementsOf } from "../../src/stacks/index.ts";
import { schemas } from "../../src/variables/schemas.ts";
import { bareEnvironment, type CliResult, runCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { clientsOf } from "../support/runs.ts";
import { homeOf, sandboxForTest } from "../support/sandbox.ts";

/** Runs doctor on a sandbox made for it. */
async function examine(options: SandboxOptions, ...args: string[]): Promise<CliResult> {
  const sandbox = await sandboxForTest({ delays: "none", ...options });
  return runCli(["doctor", ...args], bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) }));
}

async function findings(options: SandboxOptions): Promise<Finding[]> {
  return JSON.parse((await examine(options, "--json")).stdout).findings;
}

/** This computer has a MySQL, whichever it is. */
const INSTALLED: SandboxOptions = { missingMysql: () => undefined };

async function variables(text: string): Promise<string> {
  const file = path.join(await temporaryFolder("bia-doctor-"), "bia.ts");
  await writeFile(file, `export default ${text};\n`);
  return file;
}

it("finds no problem in a new account, and says so in the last line", async () => {
  const { code, stdout, stderr } = await examine({});
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toMatch(/✔ credentials +account \d{12}/);
  expect(stdout).toMatch(/✔ postgres 16 +16\.\d+ can be had as db\.t3\.micro in us-east-1a/);
  expect(stdout).toMatch(/service-linked roles +not there yet: .*AWSServiceRoleForECS/);
  expect(stdout.trimEnd().split("\n").at(-1)).toBe("no problem found");
});

it("changes nothing", async () => {
  const sandbox = await sandboxForTest({ delays: "none", faults: [{ operation: "changing", effect: { latency: 0 } }] });
  await runCli(["doctor"], bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) }));
  expect(sandbox.world.faults.strikes()[0]?.calls ?? []).toEqual([]);
});

it("names a missing default VPC with what to do, and ends with 1", async () => {
  const { code, stdout } = await examine({ defaultVpc: false });
  expect(code).toBe(1);
  expect(stdout).toMatch(/✖ default VPC +us-east-1 has none\n +→ .*create-default-vpc/);
  expect(stdout).toContain("1 problem");
});

it("names default subnets in which an instance would never be heard of, with what to do", async () => {
  const sandbox = await sandboxForTest({ delays: "none" });
  const { ec2 } = clientsOf(sandbox);
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const first = Subnets.find(({ AvailabilityZone }) => AvailabilityZone === "us-east-1a")?.SubnetId ?? "";
  await ec2.send(new ModifySubnetAttributeCommand({ SubnetId: first, MapPublicIpOnLaunch: { Value: false } }));
  const environment = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
  const closed = await runCli(["doctor"], environment);
  expect(closed.code).toBe(1);
  expect(closed.stdout).toMatch(/✖ default subnet in us-east-1a +subnet-\w+ gives its instances no public address/);
  expect(closed.stdout).toContain(
    `→ aws ec2 modify-subnet-attribute --region us-east-1 --subnet-id ${first} --map-public-ip-on-launch`,
  );
  const RouteTableId = (await ec2.send(new DescribeRouteTablesCommand({}))).RouteTables?.[0]?.RouteTableId ?? "";
  await ec2.send(new DeleteRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0" }));
  const { stdout } = await runCli(["doctor"], environment);
  for (const zone of ["a", "b", "c"]) {
    expect(stdout).toMatch(new RegExp(`default subnet in us-east-1${zone} +subnet-\\w+ has no route to the internet`));
  }
});

it("names a zone without the instance type and the zones that have it", async () => {
  const config = await variables(`{ devMachine: { zone: "e" } }`);
  const { code, stdout } = await examine({}, "--config", config);
  expect(code).toBe(1);
  expect(stdout).toMatch(/✖ instance type t3\.micro +not offered in us-east-1e\n +→ .*us-east-1a/);
});

it("names a version that RDS no longer makes", async () => {
  const config = await variables(`{ database: { engineVersion: "16.1" } }`);
  const { code, stdout } = await examine({}, "--config", config);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /✖ postgres 16\.1 +RDS cannot create .*\n +→ Set database\.engineVersion to a major version alone \(16\)/,
  );
});

it("says what the Free plan would refuse, and what it gives instead of the defaults", async () => {
  const free = (await findings({})).find(({ subject }) => subject === "Free plan");
  expect(free).toMatchObject({ level: "ok", text: expect.stringContaining("backups are kept for 1 day") });
  const config = await variables(
    `{ database: { backupRetention: 7, instanceClass: "db.t3.small" }, devMachine: { instanceType: "t3.large" } }`,
  );
  const { stdout } = await examine({}, "--config", config);
  for (const refused of [
    "backups for 1 day, not for 7",
    "database.instanceClass db.t3.small",
    "instance type t3.large",
  ]) {
    expect(stdout).toMatch(new RegExp(`! Free plan .*it refuses ${refused}|Free plan .*${refused}`));
  }
});

it("names the variables of the stack that it looks at", async () => {
  const config = await variables(
    `{ stack: "retail", catalog: { persistence: "mysql", database: { instanceClass: "db.t3.small" } } }`,
  );
  const { stdout } = await examine(INSTALLED, "--config", config);
  expect(stdout).toMatch(/Free plan .*it refuses catalog\.database\.instanceClass db\.t3\.small/);
  expect(stdout).not.toMatch(/(?<!catalog\.)database\./);
});

it("says that the sandbox has no MySQL where this computer has none, what to install, and how to do without", async () => {
  const config = await variables(`{ stack: "retail", catalog: { persistence: "mysql" } }`);
  const missing = { missingMysql: () => "Install one: apt-get install mariadb-server." };
  const { code, stdout } = await examine(missing, "--config", config);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /✖ mysql 8\.4 +The sandbox's MySQL is the one that this computer has, .*there is none\. Install one: apt-get install mariadb-server\.\n +→ Install it as it says, or set catalog\.persistence to "memory"\./,
  );
  expect((await examine(missing, "--config", await variables(`{ stack: "retail" }`))).code).toBe(0);
});

const vcpusIn = (all: readonly Finding[]) => all.find(({ subject }) => subject === "vCPUs");

it("compares the vCPUs that the variables need at once with the account's quota", async () => {
  expect(vcpusIn(await findings({}))).toMatchObject({
    level: "ok",
    text: "the stack needs 6 at once, the account may run 32",
  });
  const small = await examine({ quotas: { vcpus: 5 } }, "--json");
  expect(small.code).toBe(1);
  expect(vcpusIn(JSON.parse(small.stdout).findings)).toMatchObject({
    level: "problem",
    text: "the stack needs 6 at once, the account may run 5",
    next: expect.stringMatching(/^Ask for more .*L-1216C47A/),
  });
  const config = await variables(
    `{ devMachine: { instanceType: "t3.xlarge" }, autoScalingGroup: { minSize: 1, maxSize: 3, desiredCapacity: 1 } }`,
  );
  expect((await examine({}, "--config", config)).stdout).toMatch(/vCPUs +the stack needs 10 at once/);
});

it("counts the vCPUs of instances that are no stack's, of which Service Quotas knows nothing", async () => {
  const sandbox = await sandboxForTest({ delays: "none", quotas: { vcpus: 7 } });
  const { ec2 } = clientsOf(sandbox);
  const { Images } = await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"] }));
  const ImageId = Images?.find(({ Architecture }) => Architecture === "x86_64")?.ImageId;
  await ec2.send(new RunInstancesCommand({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 }));
  const { stdout } = await runCli(["doctor", "--json"], bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) }));
  expect(vcpusIn(JSON.parse(stdout).findings)).toMatchObject({
    level: "problem",
    text: "the stack needs 6 at once, the account may run 7, of which others use 2",
    next: expect.stringMatching(/^Stop instances that are not needed, or ask for more/),
  });
});

it("says where the quota of vCPUs is told, where it may not be asked for", async () => {
  const error = { code: "AccessDeniedException", message: "not authorized to perform: servicequotas:GetServiceQuota" };
  const denied = vcpusIn(
    await findings({ faults: [{ operation: "servicequotas:GetServiceQuota", effect: { error } }] }),
  );
  expect(denied).toMatchObject({
    level: "note",
    text: "the stack needs 6 at once; a new account may have no more than 5",
    next: expect.stringContaining("L-1216C47A"),
  });
});

it("takes the newest version of all pages", async () => {
  const { stdout } = await examine({ pageSize: 3 });
  expect(stdout).toMatch(/✔ postgres 16 +16\.14 can be had/);
});

it("says that a region may not be enabled where nobody's keys are known", async () => {
  const sandbox = await sandboxForTest({ delays: "none" });
  const home = await homeOf(sandbox);
  const environment = bareEnvironment({ BIA_SANDBOX_HOME: home, AWS_REGION: "af-south-1" });
  const { code, stdout } = await runCli(["doctor"], environment);
  expect(code).toBe(4);
  expect(stdout).toMatch(/InvalidClientTokenId.*\n +→ .*Or the region af-south-1 is not enabled in this account/);
});

it("tells what it was not allowed to look at in AWS's own words, and looks at the rest", async () => {
  const faults = [
    { operation: "rds:DescribeAccountAttributes", effect: { error: { code: "AccessDenied", status: 403 } } },
  ];
  const found = await findings({ faults });
  expect(found).toContainEqual(
    expect.objectContaining({
      level: "unknown",
      subject: "quotas of RDS",
      text: expect.stringContaining("AccessDenied"),
    }),
  );
  expect(found.filter(({ level }) => level === "unknown")).toHaveLength(1);
});

it("ends with 4 when nobody is signed in to aws", async () => {
  const { code, stdout } = await runCli(["doctor", "--target", "aws"], bareEnvironment());
  expect(code).toBe(4);
  expect(stdout).toMatch(/✖ credentials +no usable AWS credentials/);
});

it("ends with 2 for variables that aws can never fulfil, before any call", async () => {
  const config = await variables(`{ domain: { name: "bia.test" } }`);
  const { code, stderr } = await runCli(["doctor", "--target", "aws", "--config", config], bareEnvironment());
  expect(code).toBe(2);
  expect(stderr).toMatch(/domain\.name\n +is "bia\.test"; allowed: .*a domain that you own/);
});

it("compares the NAT gateways that the variables want with each zone's quota, and their addresses with the region's", async () => {
  const sandbox = await sandboxForTest({ delays: "none", quotas: { natGateways: 1, addresses: 2 } });
  const aws = clientsOf(sandbox);
  const found = async (nat: "none" | "one" | "per-zone") => {
    const place = { region: "us-east-1", target: "sandbox" } as const;
    const needs = requirementsOf(schemas.retail.parse({ stack: "retail", network: { nat } }), place);
    const all = await findingsOf({ aws, region: "us-east-1", sandbox: true, needs });
    return all.filter(({ subject }) => /^NAT|^elastic IP/.test(subject));
  };
  const here = (zone: string) => ({
    level: "ok",
    subject: `NAT gateways in us-east-1${zone}`,
    text: "0 of 1 in use, the stack has 1",
  });
  const next = expect.stringMatching(/delete what is not needed, or ask for more under Service Quotas/);

  expect(await found("none")).toEqual([]);
  expect(await found("one")).toEqual([
    { level: "ok", subject: "elastic IP addresses", text: "0 of 2 in use, the stack has 1" },
    here("a"),
  ]);

  // Somebody else's, in a zone of the stack's.
  const { Subnets = [] } = await aws.ec2.send(new DescribeSubnetsCommand({}));
  const SubnetId = Subnets.find(({ AvailabilityZone }) => AvailabilityZone === "us-east-1b")?.SubnetId;
  const { AllocationId } = await aws.ec2.send(new AllocateAddressCommand({}));
  const { NatGateway: { NatGatewayId = "" } = {} } = await aws.ec2.send(
    new CreateNatGatewayCommand({ SubnetId, AllocationId }),
  );
  expect(await found("per-zone")).toEqual([
    { level: "note", subject: "elastic IP addresses", text: "1 of 2 in use, the stack has 2", next },
    here("a"),
    { ...here("b"), level: "note", text: "1 of 1 in use, the stack has 1", next },
  ]);

  await aws.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId }));
  await waitUntilNatGatewayDeleted(
    { client: aws.ec2, maxWaitTime: 20, minDelay: 1 },
    { NatGatewayIds: [NatGatewayId] },
  );
  expect(await found("per-zone")).toContainEqual(here("b"));
  aws.close();
});

it("takes AWS's own quota of NAT gateways, five a zone, where the account's may not be asked for", async () => {
  const error = { code: "AccessDeniedException", message: "not authorized to perform: servicequotas:GetServiceQuota" };
  const sandbox = await sandboxForTest({
    delays: "none",
    faults: [{ operation: "servicequotas:GetServiceQuota", effect: { error } }],
  });
  const environment = bareEnvironment({ BIA_SANDBOX_HOME: await homeOf(sandbox) });
  const { stdout } = await runCli(["doctor", "--config", await variables(`{ stack: "retail" }`)], environment);
  expect(stdout).toMatch(/✔ NAT gateways in us-east-1a +0 of 5 in use, the stack has 1/);
});

it("wants no default VPC for the database of a stack that has a network of its own, and names its variables", async () => {
  const config = await variables(
    `{ stack: "retail", catalog: { persistence: "mysql", database: { instanceClass: "db.m9.large" } } }`,
  );
  const { code, stdout } = await examine({ defaultVpc: false, ...INSTALLED }, "--config", config);
  expect(code).toBe(1);
  expect(stdout).not.toContain("default VPC");
  expect(stdout).toMatch(
    /✖ mysql 8\.4 .*cannot be had as db\.m9\.large.*\n +→ Choose another catalog\.database\.instanceClass\./,
  );
  expect(stdout).toMatch(/! Free plan .*catalog\.database\.instanceClass db\.m9\.large/);
});
