import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { Registries } from "../../../src/sandbox/controllers/registries.ts";
import type { Repository } from "../../../src/sandbox/world/records.ts";
import { World } from "../../../src/sandbox/world/world.ts";
import { digestOf, imageOf } from "../../support/registry.ts";

function repository({ account }: World): Repository {
  return {
    repositoryName: "bia",
    registryId: account,
    repositoryArn: `arn:aws:ecr:us-east-1:${account}:repository/bia`,
    repositoryUri: `${account}.dkr.ecr.us-east-1.amazonaws.com/bia`,
    createdAt: new Date(),
    imageTagMutability: "MUTABLE",
    hidden: { tags: [] },
  };
}

test("registries that are closed have deleted what they were deleting, so that their folder can go", async () => {
  const folder = await mkdtemp(join(tmpdir(), "registry-files-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const defects: unknown[] = [];
  const world = await World.open({ speed: "manual", onDefect: (error) => defects.push(error) });
  onTestFinished(() => world.close());
  const registries = new Registries(world, () => folder);
  const place = { region: world.region("us-east-1"), repository: "bia" };
  const { ecr } = place.region;
  ecr.repositories.put(repository(world));
  const image = imageOf("hello");
  for (const blob of [image.config, image.layer]) {
    const digest = digestOf(blob);
    await registries.addBlob(place, digest, (store) => store.write(digest, Readable.from([blob])));
  }
  await registries.put(place, image.manifest, { tag: "v1" });
  const blobs = join(folder, "us-east-1", "blobs", "sha256");
  expect(await readdir(blobs)).toHaveLength(2);
  ecr.images.delete(`bia@${image.digest}`);
  await registries.close();
  expect(await readdir(blobs)).toEqual([]);
  await rm(folder, { recursive: true });
  expect(defects).toEqual([]);
});
