import { expect, test } from "vitest";
import type { RegistryPlace } from "../../src/engine/task.ts";
import { imageFindings } from "../../src/release/verify/image.ts";
import { INDEX, imageOf, MANIFEST, push, put, registryForTest, type TestRegistry } from "../support/registry.ts";
import { clientsOf } from "../support/runs.ts";

/** What is said of an image that is to run on machines of x86_64. */
async function told({ sandbox, place }: TestRegistry, reference: string, more: { registry?: RegistryPlace } = {}) {
  const clients = clientsOf(sandbox);
  const account = await clients.account();
  const aws = clients.scopedTo({ region: "us-east-1", account, stack: "bia", ownership: {} });
  const [finding] = await imageFindings(aws, {
    repository: "bia",
    reference,
    repositoryUri: `${account}.dkr.ecr.us-east-1.amazonaws.com/bia`,
    definition: { runtimePlatform: { operatingSystem: "LINUX", architecture: "X86_64" } },
    registry: { url: `http://${place}` },
    ...more,
  });
  clients.close();
  return finding;
}

test("an image that is there and for the machines is all right, by its tag and by its digest", async () => {
  const registry = await registryForTest();
  const image = imageOf("hello");
  await push(registry, image, "v1");
  expect(await told(registry, "v1")).toMatchObject({ level: "ok", text: "bia:v1 is there, for linux/amd64" });
  expect(await told(registry, image.digest)).toMatchObject({ level: "ok" });
});

test("an image that is not there is a problem", async () => {
  const registry = await registryForTest();
  expect(await told(registry, "v1")).toMatchObject({
    level: "problem",
    text: "there is no image bia:v1",
    next: expect.stringContaining("--builder machine"),
  });
});

test("an image for other machines is a problem, unless its index has one for these, too", async () => {
  const registry = await registryForTest();
  const [arm, intel] = [imageOf("arm", "arm64"), imageOf("intel")];
  await push(registry, arm, "arm");
  await push(registry, intel);
  expect(await told(registry, "arm")).toMatchObject({
    level: "problem",
    text: "bia:arm is for linux/arm64, and the machines are linux/amd64",
    next: expect.stringContaining("docker build --platform linux/amd64"),
  });
  const entry = ({ digest, manifest }: typeof arm, architecture: string) => ({
    mediaType: MANIFEST,
    digest,
    size: manifest.length,
    platform: { os: "linux", architecture },
  });
  const index = (manifests: object[]) => JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
  await put(registry, index([entry(arm, "arm64"), entry(intel, "amd64")]), "both", INDEX);
  await put(registry, index([entry(arm, "arm64")]), "one", INDEX);
  expect(await told(registry, "both")).toMatchObject({ level: "ok" });
  expect(await told(registry, "one")).toMatchObject({ level: "problem" });
});

test("what an image is for is not known where its registry cannot be asked", async () => {
  const registry = await registryForTest();
  await push(registry, imageOf("hello"), "v1");
  expect(await told(registry, "v1", { registry: { url: "http://127.0.0.1:1" } })).toMatchObject({ level: "unknown" });
});
