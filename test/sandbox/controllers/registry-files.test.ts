import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { Registries } from "../../../src/sandbox/controllers/registries.ts";
import { openImages } from "../../../src/sandbox/plane/image/store.ts";
import { World } from "../../../src/sandbox/world/world.ts";

test("registries that are closed have deleted what they were deleting, so that their folder can go", async () => {
  const folder = await mkdtemp(join(tmpdir(), "registry-files-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const defects: unknown[] = [];
  const world = await World.open({ speed: "manual", onDefect: (error) => defects.push(error) });
  onTestFinished(() => world.close());
  const registries = new Registries(world, () => folder);
  const machine = await openImages(join(folder, "machine"));
  const images = await openImages(join(folder, "us-east-1"));
  const { digest, id, layers } = await machine.pull("node");
  // As a push leaves it: without a name.
  for (const blob of [id, ...layers]) await images.writeBlob(blob, machine.readBlob(blob));
  await images.putManifest(undefined, await buffer(machine.readBlob(digest)));
  const { ecr } = world.region("us-east-1");
  const image = {
    repositoryName: "bia",
    registryId: world.account,
    imageDigest: digest,
    imageTags: ["latest"],
    imageSizeInBytes: 1,
    imagePushedAt: world.now(),
    hidden: { manifest: "{}" },
  };
  ecr.images.put(image);
  ecr.images.delete(`bia@${digest}`);
  await registries.close();
  expect(await images.list()).toEqual([]);
  await rm(folder, { recursive: true });
  expect(defects).toEqual([]);
});
