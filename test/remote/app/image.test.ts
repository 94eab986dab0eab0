import { BatchDeleteImageCommand, DescribeImagesCommand } from "@aws-sdk/client-ecr";
import { DetachRolePolicyCommand, RemoveRoleFromInstanceProfileCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import type { Aws, AwsClients } from "../../../src/aws/clients.ts";
import type { Run } from "../../../src/engine/run.ts";
import { type Stack, task } from "../../../src/engine/task.ts";
import { repository } from "../../../src/kinds/ecr/repository.ts";
import { appImage, versionImage } from "../../../src/remote/app/image.ts";
import { pushScript } from "../../../src/remote/app/image-script.ts";
import { execute } from "../../../src/remote/execute.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientsOf, createOn, destroyOn, instanceIdOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";

const HOST = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
const ROLE = "role-acesso-ssm";

/** A sandbox with the work machine and the app's source on it, and a stack that pushes the app's image from its machine. */
async function machineAndStack(buildArgs: Readonly<Record<string, string>> = {}) {
  const sandbox = await sandboxForTest({ delays: "none" });
  await createOn(sandbox, { only: "dev-app-source" });
  const instanceId = await instanceIdOn(sandbox);
  const images = task("images", "repository bia", repository, { name: "bia" });
  const first = task("first", "first image", appImage, {
    instanceId,
    folder: "/home/ec2-user/bia",
    user: "ec2-user",
    repositoryName: "bia",
    repositoryUri: images.out(({ uri }) => uri),
    tag: "latest",
    version: "abc1234",
    buildArgs,
  });
  const stage = { name: "1", title: "images", tasks: [images, first], outputs: {}, costs: [] };
  const stack: Stack = { name: "other", stages: [stage] };
  return { sandbox, instanceId, stack };
}

async function onMachine(sandbox: RunningSandbox, instanceId: string, script: string) {
  return execute(clientsOf(sandbox), { instanceId, comment: "look", script }, new AbortController().signal);
}

/** No look at what a machine was told to do is answered before that is over. */
function askUntilOver({ ssm }: AwsClients): void {
  ssm.middlewareStack.add(
    (next) => async (args) => {
      for (;;) {
        const answer = await next(args);
        const { Status = "" } = answer.output as { readonly Status?: string };
        if (!["Pending", "InProgress"].includes(Status)) return answer;
      }
    },
    { step: "initialize" },
  );
}

describe("the first image of the app", () => {
  it("is built on the machine, pushed, and found in the repository from then on", async () => {
    const { sandbox, instanceId, stack } = await machineAndStack();
    expect(verdicts(await planOn(sandbox, { stack }))).toEqual({ images: "create", first: "create" });
    const created = await createOn(sandbox, { stack });
    expect(verdicts(created)).toEqual({ images: "create", first: "create" });
    expect(created.events).toContainEqual(
      expect.objectContaining({
        type: "done",
        task: "first",
        detail: expect.stringMatching(new RegExp(`^${HOST}/bia:latest, sha256:[0-9a-f]{12}, \\d+ MB$`)),
      }),
    );
    const again = await createOn(sandbox, { stack });
    expect(verdicts(again)).toEqual({ images: "unchanged", first: "unchanged" });
    expect(again.calls.changing).toBe(0);
    // The registry's password was there for the push alone.
    const left = await onMachine(sandbox, instanceId, "ls -a /home/ec2-user /root /tmp; grep -rl AWS /tmp || true");
    expect(left.stdout).not.toContain(".docker");
    expect(left.stdout).not.toContain("config.json");
  });

  it("is for the repository to tell of where the push is over before anybody has looked", async () => {
    const { sandbox, instanceId, stack } = await machineAndStack();
    const place = { instanceId, folder: "/home/ec2-user/bia", user: "ec2-user", buildArgs: {} };
    const wanted = { ...place, repositoryName: "bia", repositoryUri: `${HOST}/bia`, tag: "quick", version: "abc1234" };
    const image = task("quick", "quick image", versionImage, wanted);
    const { after } = await createOn(sandbox, {
      stack,
      only: "images",
      async after(session) {
        askUntilOver(session.clients);
        const aws = (session.run() as Run<Aws>).aws(image);
        return [await versionImage.create?.(aws, wanted, () => {}), await versionImage.find(aws, wanted)];
      },
    });
    expect(after).toEqual([undefined, expect.objectContaining({ digest: expect.stringMatching(/^sha256:/) })]);
  });

  it("of a later release counts as well as ours", async () => {
    const { sandbox, instanceId, stack } = await machineAndStack();
    await createOn(sandbox, { stack });
    const { stdout } = await onMachine(
      sandbox,
      instanceId,
      `set -euo pipefail
echo more > /home/ec2-user/bia/more
docker build -q -t ${HOST}/bia /home/ec2-user/bia
aws ecr get-login-password | docker login -u AWS --password-stdin ${HOST}
docker push ${HOST}/bia`,
    );
    expect(stdout).toContain("latest: digest:");
    expect(verdicts(await planOn(sandbox, { stack }))).toMatchObject({ first: "unchanged" });
  });

  it("goes with its repository, and is pushed again to a new one", async () => {
    const { sandbox, stack } = await machineAndStack();
    await createOn(sandbox, { stack });
    const destroyed = await destroyOn(sandbox, { stack });
    expect(destroyed.failed).toBe(false);
    expect(verdicts(await planOn(sandbox, { stack }))).toEqual({ images: "create", first: "create" });
    await createOn(sandbox, { stack });
    expect(verdicts(await planOn(sandbox, { stack }))).toEqual({ images: "unchanged", first: "unchanged" });
  });

  it("is pushed again after it was deleted", async () => {
    const { sandbox, stack } = await machineAndStack();
    await createOn(sandbox, { stack });
    const { ecr } = clientsOf(sandbox);
    const imageIds = [{ imageTag: "latest" }];
    await ecr.send(new BatchDeleteImageCommand({ repositoryName: "bia", imageIds }));
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ images: "unchanged", first: "create" });
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: "bia" }));
    expect(imageDetails).toMatchObject([{ imageTags: ["latest"] }]);
  });

  it("that the machine's role may not push says so, and what to do, and is pushed once it may", async () => {
    const { sandbox, stack } = await machineAndStack();
    const { iam } = clientsOf(sandbox);
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess";
    await iam.send(new DetachRolePolicyCommand({ RoleName: ROLE, PolicyArn }));
    const { tasks } = await createOn(sandbox, { stack });
    const error = tasks.find(({ id }) => id === "first")?.error;
    expect(error?.why).toContain("is not authorized to perform: ecr:GetAuthorizationToken");
    expect(error?.next).toContain("devMachine.role.managedPolicies");
    await createOn(sandbox, { only: "dev-role" });
    const again = await createOn(sandbox, { stack });
    expect(again.tasks.flatMap((one) => one.error ?? [])).toEqual([]);
    expect(verdicts(again)).toEqual({ images: "unchanged", first: "create" });
  });

  it("on a machine without a role says that it has no credentials", async () => {
    const { sandbox, stack } = await machineAndStack();
    const { iam } = clientsOf(sandbox);
    await iam.send(new RemoveRoleFromInstanceProfileCommand({ RoleName: ROLE, InstanceProfileName: ROLE }));
    const { tasks } = await createOn(sandbox, { stack });
    const error = tasks.find(({ id }) => id === "first")?.error;
    expect(error?.why).toContain("Unable to locate credentials");
    expect(error?.next).toContain("The machine has lost its role");
  });

  it("that does not build says why in docker's words", async () => {
    const { sandbox, instanceId, stack } = await machineAndStack();
    await onMachine(sandbox, instanceId, "echo 'RUN node -e process.exit(3)' >> /home/ec2-user/bia/Dockerfile");
    const { tasks } = await createOn(sandbox, { stack });
    const error = tasks.find(({ id }) => id === "first")?.error;
    expect(error?.why).toContain("failed to solve");
    expect(error?.next).toContain("Correct the Dockerfile");
  });
});

describe("the script that pushes", () => {
  const script = pushScript({
    folder: "/home/ec2-user/bia",
    user: "ec2-user",
    buildArgs: { VITE_API_URL: "http://203.0.113.7:3001", TITLE: "it's $HOME" },
    uri: `${HOST}/bia:latest`,
    region: "us-east-1",
  });

  it("gives the build its arguments as they are", () => {
    expect(script).toContain(
      `docker build --build-arg 'VITE_API_URL=http://203.0.113.7:3001' --build-arg 'TITLE=it'\\''s $HOME' --tag ${HOST}/bia:latest '/home/ec2-user/bia'`,
    );
  });

  it("has the password go from one program to the other and nowhere else", () => {
    expect(script).toContain("aws ecr get-login-password --region us-east-1 | sudo -H -u ec2-user env DOCKER_CONFIG=");
    expect(script).not.toMatch(/--password[ =]|-p /);
  });
});
