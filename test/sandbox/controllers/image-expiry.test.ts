import { DeleteRepositoryCommand, GetLifecyclePolicyCommand, PutLifecyclePolicyCommand } from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import type { World } from "../../../src/sandbox/world/world.ts";
import { pushed, registryOf } from "../services/ecr/registry.ts";

const repositoryName = "bia";
const HOUR = 3_600_000;

async function registryWith(...selections: object[]) {
  const registry = await registryOf({ delays: "real" });
  const rules = selections.map((selection, at) => ({ rulePriority: at + 1, selection, action: { type: "expire" } }));
  const lifecyclePolicyText = JSON.stringify({ rules });
  await registry.ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
  return registry;
}

/** Pushes images, a minute apart. */
async function push(world: World, images: Readonly<Record<string, string[]>>): Promise<void> {
  for (const [content, tags] of Object.entries(images)) {
    pushed(world, content, tags);
    await world.clock.advance(60_000);
  }
}

/** What is left, oldest first. */
function contents(world: World): string[] {
  return world
    .region("us-east-1")
    .ecr.images.all()
    .map(({ hidden }) => JSON.parse(hidden.manifest).content);
}

const untagged = { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 2 };

describe("images whose repository has a lifecycle policy", () => {
  it("expire within a day, the oldest of the untagged ones beyond the number that is kept", async () => {
    const { ecr, world } = await registryWith(untagged);
    await push(world, { one: ["latest"], two: ["latest"], three: ["latest"], four: ["latest"] });
    await world.clock.advance(HOUR);
    expect(contents(world)).toEqual(["one", "two", "three", "four"]);
    await world.clock.advance(23 * HOUR);
    expect(contents(world)).toEqual(["two", "three", "four"]);
    const policy = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }));
    expect(policy.lastEvaluatedAt).toBeInstanceOf(Date);
  });

  it("expire by age", async () => {
    const { world } = await registryWith({
      tagStatus: "any",
      countType: "sinceImagePushed",
      countUnit: "days",
      countNumber: 3,
    });
    await push(world, { one: ["latest"] });
    await world.clock.advance(71 * HOUR);
    expect(contents(world)).toEqual(["one"]);
    await world.clock.advance(2 * HOUR);
    expect(contents(world)).toEqual([]);
  });

  it("are the business of the first rule that is about them", async () => {
    const keep = { tagStatus: "tagged", tagPatternList: ["v*.0"], countType: "imageCountMoreThan", countNumber: 9 };
    const { world } = await registryWith(keep, { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 1 });
    await push(world, { one: ["v1.0"], two: ["v1.1"], three: ["v1.2"] });
    await world.clock.advance(24 * HOUR);
    expect(contents(world)).toEqual(["one", "three"]);
  });

  it("stay without one, and when the repository is gone nothing happens", async () => {
    const { ecr, world } = await registryOf({ delays: "real" });
    await push(world, { one: [], two: [], three: [] });
    await world.clock.advance(48 * HOUR);
    expect(contents(world)).toHaveLength(3);
    const lifecyclePolicyText = JSON.stringify({
      rules: [{ rulePriority: 1, selection: untagged, action: { type: "expire" } }],
    });
    await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
    await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
    await world.clock.advance(48 * HOUR);
    expect(contents(world)).toEqual([]);
  });
});
