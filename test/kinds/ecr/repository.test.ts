import {
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  GetLifecyclePolicyCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
} from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { type RepositoryDesired, repository } from "../../../src/kinds/ecr/repository.ts";
import { pushed } from "../../sandbox/services/ecr/registry.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const repositoryName = "bia";

function stackOf(desired: Partial<RepositoryDesired> = {}): Stack {
  const images = task("repository", "repository bia", repository, {
    name: repositoryName,
    keepUntagged: 5,
    ...desired,
  });
  const stage = { name: "1", title: "images", tasks: [images], outputs: {}, costs: [] };
  return { name: "bia", stages: [stage] };
}

const stack = stackOf();

describeContract({
  task: "repository",
  stack,
  drifts: {
    "tags that cannot be moved any more": {
      field: /^tag mutability$/,
      make: ({ ecr }) =>
        ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: "IMMUTABLE" })),
    },
    "scanning that was switched on": {
      field: /^scan on push$/,
      make: ({ ecr }) => {
        const imageScanningConfiguration = { scanOnPush: true };
        return ecr.send(new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration }));
      },
    },
    "a lifecycle policy that was deleted": {
      field: /^lifecycle policy$/,
      make: ({ ecr }) => ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName })),
    },
    "a lifecycle policy that keeps more": {
      field: /^lifecycle policy$/,
      make: ({ ecr }) => ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: keeping(50) })),
    },
  },
});

/** The policy as the console writes it: with other white space and order. */
function keeping(countNumber: number): string {
  const selection = { countNumber, countType: "imageCountMoreThan", tagStatus: "untagged" };
  return JSON.stringify({ rules: [{ action: { type: "expire" }, selection, rulePriority: 1 }] }, null, 2);
}

describe("a repository", () => {
  const only = "repository";

  it("has an address that images are pushed to", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { events } = await createOn(sandbox, { stack, only });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "done", detail: "000000000000.dkr.ecr.us-east-1.amazonaws.com/bia" }),
    );
  });

  it("is removed with the images in it, tagged or not", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const before = await everything(sandbox);
    await createOn(sandbox, { stack, only });
    pushed(sandbox.world, "one", ["latest"]);
    pushed(sandbox.world, "two", ["latest"]);
    await destroyOn(sandbox, { stack, only });
    expect(await everything(sandbox)).toEqual(before);
    expect(sandbox.world.region("us-east-1").ecr.images.all()).toEqual([]);
  });

  it("has its policy compared by what it means, not by how it is written", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only });
    const { ecr } = clientsOf(sandbox);
    await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: keeping(5) }));
    expect(verdicts(await planOn(sandbox, { stack, only }))).toEqual({ repository: "unchanged" });
  });

  it("keeps whatever policy others gave it when none is asked for", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const plain: Stack = stackOf({ keepUntagged: undefined as never });
    await createOn(sandbox, { stack: plain, only });
    const { ecr } = clientsOf(sandbox);
    const lifecyclePolicyText = keeping(50);
    await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
    expect(verdicts(await createOn(sandbox, { stack: plain, only }))).toEqual({ repository: "unchanged" });
    expect(await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).toMatchObject({ lifecyclePolicyText });
  });

  it("of somebody else is used as it is, and left", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { ecr } = clientsOf(sandbox);
    await ecr.send(new CreateRepositoryCommand({ repositoryName }));
    const before = await everything(sandbox);
    const created = await createOn(sandbox, { stack, only });
    expect(created.tasks).toMatchObject([
      { verdict: "foreign", changes: [{ field: "lifecycle policy", from: "none", to: "keeps 5 untagged" }] },
    ]);
    await destroyOn(sandbox, { stack, only });
    expect(await everything(sandbox)).toEqual(before);
  });
});
