import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeImagesCommand,
  ECRClient,
} from "@aws-sdk/client-ecr";
import { AttachRolePolicyCommand, DetachRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientConfig, sandboxForTest } from "../../support/sandbox.ts";
import { clientsOf, type Launched, launch, poll, reach } from "./launched.ts";

const HOST = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
const LOGIN = `aws ecr get-login-password --region us-east-1 | docker login --username AWS --password-stdin ${HOST}`;
const DESCRIBE = new DescribeImagesCommand({ repositoryName: "bia" });

/** Builds an image that says something when it is run. */
const build = (says: string, tag = "latest") => `mkdir -p /srv/app && cd /srv/app
printf 'FROM node:24\\nRUN echo ${says} > says\\nCMD ["node", "-p", "require(\\\\"fs\\\\").readFileSync(\\\\"says\\\\", \\\\"utf8\\\\").trim()"]\\n' > Dockerfile
docker build -q -t ${HOST}/bia:${tag} . > /dev/null`;

async function registryAndMachine(policy = "AmazonEC2ContainerRegistryFullAccess", folder?: string) {
  const kept = folder === undefined ? {} : { folder };
  const sandbox = await sandboxForTest({ delays: "none", throttling: false, ...kept });
  const ecr = new ECRClient(clientConfig(sandbox));
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "bia" }));
  const machine = await launch(sandbox, "dev");
  await attach(sandbox, "dev", policy);
  return { sandbox, ecr, machine };
}

/** The role of a launched machine has its name. */
async function attach(sandbox: RunningSandbox, RoleName: string, policy: string): Promise<void> {
  const PolicyArn = `arn:aws:iam::aws:policy/${policy}`;
  await clientsOf(sandbox).iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
}

async function succeeds(machine: Launched, script: string): Promise<string> {
  const { stdout, stderr, exitCode } = await machine.run(`set -euo pipefail\n${script}`);
  expect(exitCode, stderr).toBe(0);
  return stdout;
}

describe("an image that a machine pushes to ECR", () => {
  it("is in the repository, moves its tag, and runs on another machine", async () => {
    const { sandbox, ecr, machine } = await registryAndMachine();
    await succeeds(machine, `${build("one")}\n${LOGIN}`);
    const first = (await succeeds(machine, `docker push ${HOST}/bia`)).split("\n");
    expect(first.slice(0, 2)).toEqual(["Using default tag: latest", `The push refers to repository [${HOST}/bia]`]);
    expect(first).toContainEqual(expect.stringMatching(/^[0-9a-f]{12}: Pushed$/));
    const [, digest] = /^latest: digest: (sha256:[0-9a-f]{64}) size: \d+$/.exec(first.at(-1) ?? "") ?? [];
    expect((await ecr.send(DESCRIBE)).imageDetails).toMatchObject([{ imageDigest: digest, imageTags: ["latest"] }]);

    const again = await succeeds(machine, `${build("one")}\ndocker push ${HOST}/bia:latest`);
    expect(again).not.toContain("Pushed");
    expect(again).toContain(`latest: digest: ${digest}`);
    expect((await ecr.send(DESCRIBE)).imageDetails).toHaveLength(1);

    await succeeds(machine, `${build("two")}\ndocker tag ${HOST}/bia ${HOST}/bia:v2\ndocker push ${HOST}/bia:v2`);
    await succeeds(machine, `docker push ${HOST}/bia`);
    const { imageDetails = [] } = await ecr.send(DESCRIBE);
    expect(imageDetails.map(({ imageTags = [] }) => imageTags)).toEqual([[], ["v2", "latest"]]);

    const other = await launch(sandbox, "other");
    await attach(sandbox, "other", "AmazonEC2ContainerRegistryPullOnly");
    const pulled = await succeeds(other, `${LOGIN} 2> /dev/null\ndocker pull ${HOST}/bia\ndocker run --rm ${HOST}/bia`);
    expect(pulled).toContain(`Status: Downloaded newer image for ${HOST}/bia:latest`);
    expect(pulled.split("\n").at(-1)).toBe("two");
    expect(await succeeds(other, `docker run --rm ${HOST}/bia@${digest} 2> /dev/null`)).toBe("one");
  });

  it("outlives the sandbox's process, and its files go with the repository", async () => {
    const folder = await mkdtemp(join(tmpdir(), "bia-registries-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { sandbox, machine } = await registryAndMachine("AmazonEC2ContainerRegistryFullAccess", folder);
    await succeeds(machine, `${build("kept")}\n${LOGIN}\ndocker push ${HOST}/bia`);
    await sandbox.close();
    const next = await sandboxForTest({ delays: "none", throttling: false, folder });
    const again = reach(next, machine.id, machine.groupId);
    await succeeds(again, `docker rmi ${HOST}/bia\ndocker builder prune -af 2> /dev/null || true`);
    expect(await succeeds(again, `docker run --rm ${HOST}/bia 2> /dev/null`)).toBe("kept");
    const blobs = join(folder, "registries", "us-east-1", "blobs", "sha256");
    expect(await readdir(blobs)).not.toEqual([]);
    const ecr = new ECRClient(clientConfig(next));
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: "bia", force: true }));
    await poll(async () => ((await readdir(blobs)).length === 0 ? true : undefined));
  });

  it("is refused in the words of docker and ECR", async () => {
    const { sandbox, ecr, machine } = await registryAndMachine("AmazonEC2ContainerRegistryReadOnly");
    await succeeds(machine, build("one"));
    const push = async (name = "bia") => (await machine.run(`docker push ${HOST}/${name}`)).stderr.split("\n")[0];
    expect(await push()).toBe("no basic auth credentials");
    await succeeds(machine, LOGIN);
    expect(await push()).toMatch(
      /^denied: User: arn:aws:sts::000000000000:assumed-role\/.+ is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:us-east-1:000000000000:repository\/bia because no identity-based policy allows/,
    );
    await attach(sandbox, "dev", "AmazonEC2ContainerRegistryPowerUser");
    await succeeds(machine, `docker tag ${HOST}/bia ${HOST}/other`);
    expect(await push("other")).toBe(
      "name unknown: The repository with name 'other' does not exist in the registry with id '000000000000'",
    );
    const immutable = { repositoryName: "fixed", imageTagMutability: "IMMUTABLE" } as const;
    await ecr.send(new CreateRepositoryCommand(immutable));
    await succeeds(machine, `docker tag ${HOST}/bia ${HOST}/fixed:v1\ndocker push ${HOST}/fixed:v1`);
    await succeeds(machine, `docker push ${HOST}/fixed:v1`);
    await succeeds(machine, `${build("two")}\ndocker tag ${HOST}/bia ${HOST}/fixed:v1`);
    expect(await push("fixed:v1")).toContain(
      "tag invalid: The image tag 'v1' already exists in the 'fixed' repository",
    );
    const pull = async (name: string) => (await machine.run(`docker pull ${HOST}/${name}`)).stderr;
    expect(await pull("bia:v9")).toContain(`manifest for ${HOST}/bia:v9 not found: manifest unknown`);
    expect(await pull("none")).toContain("name unknown: The repository with name 'none' does not exist");
  });
});

describe("the role of a machine", () => {
  it("decides what its aws command may read", async () => {
    const { sandbox, machine } = await registryAndMachine();
    const { iam, ssm } = clientsOf(sandbox);
    await ssm.send(new PutParameterCommand({ Name: "/bia/db", Type: "SecureString", Value: "hunter2" }));
    const read = "aws ssm get-parameter --name /bia/db --with-decryption --query Parameter.Value --output text";
    expect(await succeeds(machine, read)).toBe("hunter2");
    const RoleName = "dev";
    const Resource = "arn:aws:ssm:*:*:parameter/bia/*";
    const Statement = { Effect: "Deny", Action: "ssm:GetParameter", Resource };
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "no-secrets", PolicyDocument }));
    const denied = await machine.run(read);
    expect(denied.exitCode).toBe(254);
    expect(denied.stderr).toMatch(
      /An error occurred \(AccessDeniedException\) when calling the GetParameter operation: User: arn:aws:sts::000000000000:assumed-role\/.+\/i-[0-9a-f]+ is not authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:us-east-1:000000000000:parameter\/bia\/db/,
    );
    expect(await succeeds(machine, "aws sts get-caller-identity --query Arn --output text")).toBe(
      `arn:aws:sts::000000000000:assumed-role/${RoleName}/${machine.id}`,
    );
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess";
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
    expect((await machine.run("aws ecr get-login-password")).stderr).toContain(
      "not authorized to perform: ecr:GetAuthorizationToken on resource: *",
    );
    expect((await machine.run("aws ecr get-login-password --region mars-1")).stderr).toContain(
      'Could not connect to the endpoint URL: "https://api.ecr.mars-1.amazonaws.com/"',
    );
  });
});
