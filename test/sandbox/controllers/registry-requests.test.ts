import { readdir } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { get } from "node:https";
import { join } from "node:path";
import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  ListImagesCommand,
  PutImageTagMutabilityCommand,
} from "@aws-sdk/client-ecr";
import { describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../../support/folder.ts";
import { digestOf, INDEX, imageOf, MANIFEST, push, put, registryForTest, upload } from "../../support/registry.ts";
import { authorityOf, sandboxForTest } from "../../support/sandbox.ts";

async function errorOf(response: Response): Promise<string> {
  const { errors = [] } = (await response.json()) as { errors?: { code: string; message: string }[] };
  return `${response.status} ${errors.map(({ code, message }) => `${code}: ${message}`).join()}`;
}

describe("the registry of a region", () => {
  it("asks for a password, and refuses a wrong one, as ECR does", async () => {
    const { place, ask, token } = await registryForTest();
    for (const authorization of [
      "",
      "Bearer x",
      "Basic x",
      `Basic ${btoa("AWS:wrong")}`,
      `Basic ${btoa(`other:${atob(token).slice(4)}`)}`,
    ]) {
      const response = await ask("", { headers: { authorization } });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe(
        `Basic realm="http://${place}/",service="ecr.amazonaws.com"`,
      );
      expect(response.headers.get("docker-distribution-api-version")).toBe("registry/2.0");
      expect(await response.text()).toBe("Not Authorized\n");
    }
    expect((await ask("")).status).toBe(200);
  });

  it("lets nobody in with a password of 12 hours ago, or in the registry of another region", async () => {
    const { sandbox, place, token } = await registryForTest({ speed: "manual" });
    const [hostname, port] = place.split(":");
    const inRegion = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { host, authorization: `Basic ${token}` };
        const sent = request({ hostname, port, path: "/v2/", headers }, (answer) =>
          resolve(answer.resume().statusCode),
        );
        sent.once("error", reject).end();
      });
    expect(await inRegion("000000000000.dkr.ecr.us-east-1.amazonaws.com")).toBe(200);
    expect(await inRegion("000000000000.dkr.ecr.us-east-1.localhost:1234")).toBe(200);
    expect(await inRegion("000000000000.dkr.ecr.sa-east-1.localhost")).toBe(401);
    expect(await inRegion("registry.example.com")).toBe(403);
    await sandbox.world.clock.advance(12 * 3_600_000 + 1);
    expect(await inRegion("localhost")).toBe(403);
  });

  it("speaks TLS on the same port, with a certificate of the sandbox's authority", async () => {
    const { sandbox, place } = await registryForTest();
    const ca = await authorityOf(sandbox);
    const [host, port] = place.split(":");
    for (const servername of [
      "localhost",
      "000000000000.dkr.ecr.us-east-1.amazonaws.com",
      "000000000000.dkr.ecr.sa-east-1.localhost",
    ]) {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        get({ host, port, path: "/v2/", servername, ca, agent: false }, resolve).once("error", reject);
      });
      expect(response.resume().statusCode).toBe(401);
      expect(response.headers["www-authenticate"]).toMatch(/^Basic realm="https:/);
    }
  });

  it("takes an image in, gives it back byte for byte, and ECR's other API knows it", async () => {
    const registry = await registryForTest();
    const { ask, ecr } = registry;
    const image = imageOf("hello");
    const pushed = await push(registry, image, "v1");
    expect(pushed.status).toBe(201);
    expect(pushed.headers.get("docker-content-digest")).toBe(image.digest);
    for (const reference of ["v1", image.digest]) {
      const manifest = await ask(`bia/manifests/${reference}`);
      expect(await manifest.text()).toBe(image.manifest);
      expect(manifest.headers.get("content-type")).toBe(MANIFEST);
      const head = await ask(`bia/manifests/${reference}`, { method: "HEAD" });
      expect(head.headers.get("docker-content-digest")).toBe(image.digest);
      expect(head.headers.get("content-length")).toBe(String(image.manifest.length));
    }
    const layer = await ask(`bia/blobs/${digestOf(image.layer)}`);
    expect(Buffer.from(await layer.arrayBuffer())).toEqual(image.layer);
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: "bia" }));
    expect(imageDetails).toMatchObject([
      {
        imageDigest: image.digest,
        imageTags: ["v1"],
        imageSizeInBytes: image.layer.length,
        imageManifestMediaType: MANIFEST,
        artifactMediaType: "application/vnd.oci.image.config.v1+json",
      },
    ]);
    const { images = [] } = await ecr.send(
      new BatchGetImageCommand({ repositoryName: "bia", imageIds: [{ imageTag: "v1" }] }),
    );
    expect(images[0]?.imageManifest).toBe(image.manifest);
  });

  it("takes a blob in pieces, which go on where they broke off, and says where that is", async () => {
    const registry = await registryForTest();
    const { ask } = registry;
    const content = Buffer.from("0123456789".repeat(1000));
    const begun = await ask("bia/blobs/uploads/", { method: "POST" });
    expect(begun.status).toBe(202);
    const location = begun.headers.get("location") ?? "";
    const piece = (start: number, end: number) =>
      ask(location, {
        method: "PATCH",
        body: content.subarray(start, end),
        headers: { "content-range": `${start}-${end - 1}`, "content-type": "application/octet-stream" },
      });
    const first = await piece(0, 4000);
    expect([first.status, first.headers.get("range")]).toEqual([202, "0-3999"]);
    const wrong = await piece(5000, 6000);
    expect([wrong.status, wrong.headers.get("range"), wrong.headers.get("location")]).toEqual([
      416,
      "0-3999",
      location,
    ]);
    const told = await ask(location);
    expect([told.status, told.headers.get("range")]).toEqual([204, "0-3999"]);
    await piece(4000, 9000);
    const digest = digestOf(content);
    const finished = await ask(`${location}?digest=${digest}`, { method: "PUT", body: content.subarray(9000) });
    expect([finished.status, finished.headers.get("location")]).toEqual([201, `/v2/bia/blobs/${digest}`]);
    expect(Buffer.from(await (await ask(`bia/blobs/${digest}`)).arrayBuffer())).toEqual(content);
    expect(await errorOf(await ask(location))).toMatch(/^404 BLOB_UPLOAD_UNKNOWN/);
  });

  it("keeps what came before a connection broke", async () => {
    const { ask, place, token } = await registryForTest();
    const location = (await ask("bia/blobs/uploads/", { method: "POST" })).headers.get("location") ?? "";
    const [hostname, port] = place.split(":");
    const headers = { authorization: `Basic ${token}`, "content-length": 1_000_000 };
    const sent = request({ hostname, port, path: location, method: "PATCH", headers }).on("error", () => {});
    sent.write(Buffer.alloc(1000, "a"));
    await vi.waitFor(async () => expect((await ask(location)).headers.get("range")).toBe("0-999"), 20_000);
    sent.destroy();
    const rest = Buffer.alloc(1000, "b");
    const whole = Buffer.concat([Buffer.alloc(1000, "a"), rest]);
    const range = { "content-range": "1000-1999" };
    const done = await ask(`${location}?digest=${digestOf(whole)}`, { method: "PUT", body: rest, headers: range });
    expect(done.status).toBe(201);
  });

  it("keeps nothing under a digest that is another's", async () => {
    const registry = await registryForTest();
    const { ask } = registry;
    const wrong = digestOf("something else");
    const refused = await ask(`bia/blobs/uploads/?digest=${wrong}`, { method: "POST", body: "something" });
    expect(await errorOf(refused)).toBe("400 DIGEST_INVALID: provided digest did not match uploaded content");
    expect((await ask(`bia/blobs/${wrong}`, { method: "HEAD" })).status).toBe(404);
    const image = imageOf("hello");
    await push(registry, image);
    expect(await errorOf(await put(registry, image.manifest, wrong))).toMatch(/^400 DIGEST_INVALID/);
  });

  it("gives parts of a blob", async () => {
    const registry = await registryForTest();
    const blob = Buffer.from("0123456789");
    await upload(registry, blob);
    const part = async (range: string) => {
      const response = await registry.ask(`bia/blobs/${digestOf(blob)}`, { headers: { range } });
      return [response.status, response.headers.get("content-range"), await response.text()];
    };
    expect(await part("bytes=2-4")).toEqual([206, "bytes 2-4/10", "234"]);
    expect(await part("bytes=7-")).toEqual([206, "bytes 7-9/10", "789"]);
    expect(await part("bytes=-2")).toEqual([206, "bytes 8-9/10", "89"]);
    expect(await part("bytes=10-")).toEqual([416, "bytes */10", ""]);
    expect(await part("lines=1")).toEqual([200, null, "0123456789"]);
  });

  it("has a blob of another repository when it is told of it, and not before", async () => {
    const registry = await registryForTest();
    const { ask, ecr } = registry;
    await ecr.send(new CreateRepositoryCommand({ repositoryName: "other" }));
    const blob = Buffer.from("shared");
    const digest = digestOf(blob);
    await upload(registry, blob);
    expect((await ask(`other/blobs/${digest}`, { method: "HEAD" })).status).toBe(404);
    const mount = (from: string) => ask(`other/blobs/uploads/?mount=${digest}&from=${from}`, { method: "POST" });
    expect((await mount("nowhere")).status).toBe(202);
    const mounted = await mount("bia");
    expect([mounted.status, mounted.headers.get("location")]).toEqual([201, `/v2/other/blobs/${digest}`]);
    expect(await (await ask(`other/blobs/${digest}`)).text()).toBe("shared");
  });

  it("takes an index for several computers, pushed without docker, and keeps the images that it is made of", async () => {
    const registry = await registryForTest();
    const { ask, ecr } = registry;
    const images = ["amd64", "arm64"].map((architecture) => ({ architecture, ...imageOf("hello", architecture) }));
    const index = JSON.stringify({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: images.map(({ manifest, digest, architecture }) => ({
        mediaType: MANIFEST,
        digest,
        size: manifest.length,
        platform: { architecture, os: "linux" },
      })),
    });
    expect(await errorOf(await put(registry, index, "multi", INDEX))).toMatch(
      /^400 MANIFEST_BLOB_UNKNOWN: Images with digests/,
    );
    for (const image of images) await push(registry, image);
    expect((await put(registry, index, "multi", INDEX)).status).toBe(201);
    const pulled = await ask("bia/manifests/multi");
    expect([await pulled.text(), pulled.headers.get("content-type")]).toEqual([index, INDEX]);
    const [one] = images;
    const { failures } = await ecr.send(
      new BatchDeleteImageCommand({ repositoryName: "bia", imageIds: [{ imageDigest: one?.digest ?? "" }] }),
    );
    expect(failures).toMatchObject([{ failureCode: "ImageReferencedByManifestList" }]);
    expect(await errorOf(await ask(`bia/manifests/${one?.digest}`, { method: "DELETE" }))).toMatch(/^403 DENIED/);
    expect((await ask(`bia/manifests/${digestOf(index)}`, { method: "DELETE" })).status).toBe(202);
    expect((await ask(`bia/manifests/${one?.digest}`, { method: "DELETE" })).status).toBe(202);
  });

  it("refuses what no manifest is, or mentions what is not there", async () => {
    const registry = await registryForTest();
    const image = imageOf("hello");
    const sent = async (manifest: string, type = MANIFEST) => errorOf(await put(registry, manifest, "v1", type));
    for (const text of ["", "[]", "null", '{"schemaVersion":1}', image.manifest.replace('"size"', '"length"')])
      expect(await sent(text)).toMatch(/^400 MANIFEST_INVALID/);
    expect(await sent(image.manifest, INDEX)).toMatch(/^400 MANIFEST_INVALID/);
    expect(await sent(image.manifest, "text/plain")).toMatch(/^400 MANIFEST_INVALID/);
    expect(await sent(image.manifest)).toBe(
      `400 MANIFEST_BLOB_UNKNOWN: Layers with digests '[${digestOf(image.config)}]' do not exist in the registry with id '000000000000'`,
    );
    expect(await sent(`"${"x".repeat(5 * 1024 * 1024)}"`)).toMatch(/^413 SIZE_INVALID/);
    const elsewhere = await registry.ask("none/blobs/uploads/", { method: "POST" });
    expect(await errorOf(elsewhere)).toBe(
      "404 NAME_UNKNOWN: The repository with name 'none' does not exist in the registry with id '000000000000'",
    );
  });

  it("moves a tag to another image, unless tags are immutable", async () => {
    const registry = await registryForTest();
    const [one, two] = [imageOf("one"), imageOf("two")];
    await push(registry, one, "v1");
    expect((await push(registry, two, "v1")).status).toBe(201);
    const imageTagMutability = "IMMUTABLE";
    await registry.ecr.send(new PutImageTagMutabilityCommand({ repositoryName: "bia", imageTagMutability }));
    expect((await push(registry, two, "v1")).status).toBe(201);
    expect(await errorOf(await push(registry, one, "v1"))).toBe(
      "400 TAG_INVALID: The image tag 'v1' already exists in the 'bia' repository and cannot be overwritten because the repository is immutable.",
    );
  });

  it("lists tags and repositories in pages", async () => {
    const registry = await registryForTest();
    const { ask } = registry;
    const image = imageOf("hello");
    for (const tag of ["b", "a", "d", "c"]) await push(registry, image, tag);
    const tags: string[] = [];
    let next: string | undefined = "bia/tags/list?n=3";
    while (next !== undefined) {
      const response = await ask(next);
      tags.push(...((await response.json()) as { tags: string[] }).tags);
      next = /^<(.*)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1];
    }
    expect(tags).toEqual(["a", "b", "c", "d"]);
    expect(await errorOf(await ask("bia/tags/list?n=1001"))).toBe(
      "405 UNSUPPORTED: Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 1000'",
    );
    expect(await (await ask("_catalog")).json()).toEqual({ repositories: ["bia"] });
  });

  it("takes a tag away and leaves the image, or deletes it with its files, and knows what refers to it", async () => {
    const folder = await temporaryFolder("bia-registry-");
    const registry = await registryForTest({ folder });
    const { ask, ecr } = registry;
    const image = imageOf("hello");
    await push(registry, image, "v1");
    const signature = JSON.stringify({
      ...JSON.parse(image.manifest),
      artifactType: "application/vnd.example.signature",
      subject: { mediaType: MANIFEST, digest: image.digest, size: image.manifest.length },
    });
    const about = await put(registry, signature, digestOf(signature));
    expect(about.headers.get("oci-subject")).toBe(image.digest);
    const referrers = async (query = "") =>
      (await (await ask(`bia/referrers/${image.digest}${query}`)).json()) as { manifests: { digest: string }[] };
    expect((await referrers()).manifests.map(({ digest }) => digest)).toEqual([digestOf(signature)]);
    expect((await referrers("?artifactType=other")).manifests).toEqual([]);
    await ask(`bia/manifests/${digestOf(signature)}`, { method: "DELETE" });
    expect((await ask("bia/manifests/v1", { method: "DELETE" })).status).toBe(202);
    expect((await ask("bia/manifests/v1")).status).toBe(404);
    expect((await ecr.send(new ListImagesCommand({ repositoryName: "bia" }))).imageIds).toEqual([
      { imageDigest: image.digest },
    ]);
    expect((await ask(`bia/manifests/${image.digest}`, { method: "DELETE" })).status).toBe(202);
    await registry.sandbox.close();
    expect(await readdir(join(folder, "registries", "us-east-1", "blobs", "sha256"))).toEqual([]);
  });

  it("forgets blobs that no image came for, after a day", async () => {
    const registry = await registryForTest({ speed: "manual" });
    const blob = Buffer.from("lost");
    await upload(registry, blob);
    await registry.sandbox.world.clock.advance(11 * 3_600_000);
    const status = async () => (await registry.ask(`bia/blobs/${digestOf(blob)}`, { method: "HEAD" })).status;
    expect(await status()).toBe(200);
    await registry.sandbox.world.clock.advance(14 * 3_600_000);
    expect(registry.sandbox.world.region("us-east-1").ecr.looseBlobs.all()).toEqual([]);
  });

  it("is the same after a restart", async () => {
    const folder = await temporaryFolder("bia-registry-");
    const first = await registryForTest({ folder });
    const image = imageOf("kept");
    await push(first, image, "v1");
    await first.sandbox.close();
    const next = await sandboxForTest({ delays: "none", folder, registryPort: Number(first.place.split(":")[1]) });
    expect(next.places.registry).toBe(first.place);
    expect(await (await first.ask("bia/manifests/v1")).text()).toBe(image.manifest);
    expect((await first.ask(`bia/blobs/${digestOf(image.layer)}`)).status).toBe(200);
  });
});
