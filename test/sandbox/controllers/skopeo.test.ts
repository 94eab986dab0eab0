import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { DescribeImagesCommand } from "@aws-sdk/client-ecr";
import { AttachRolePolicyCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../support/folder.ts";
import { peerIsHere } from "../../support/peer.ts";
import {
  digestOf,
  INDEX,
  imageOf,
  MANIFEST,
  push,
  put,
  registryForTest,
  type TestRegistry,
} from "../../support/registry.ts";
import { authorityOf } from "../../support/sandbox.ts";
import { clientsOf, launch } from "./launched.ts";

const isHere = peerIsHere("skopeo", ["--version"]);
if (!isHere && process.env.CI) throw new Error("no skopeo here (Debian, Ubuntu: apt-get install skopeo)");

/** Copies between places, as skopeo names them, with the registry's password. @throws Error with what it says */
async function copy({ token }: TestRegistry, from: string, to: string, ...options: string[]): Promise<void> {
  const password = Buffer.from(token, "base64").toString();
  const credentials = [
    ...(from.startsWith("docker:") ? ["--src-creds", password] : []),
    ...(to.startsWith("docker:") ? ["--dest-creds", password] : []),
  ];
  await promisify(execFile)("skopeo", ["--insecure-policy", "copy", ...credentials, ...options, from, to]);
}

/** The files of a folder as skopeo's `dir:` writes it, by their names. */
async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder);
  const read = async (name: string) => [name, digestOf(await readFile(join(folder, name)))];
  return Object.fromEntries(await Promise.all(names.map(read)));
}

/** An image as skopeo's `dir:` has it. */
async function imageIn(folder: string): Promise<string> {
  const image = imageOf("hello");
  const path = join(folder, "image");
  await mkdir(path);
  const files = { version: "Directory Transport Version: 1.1\n", "manifest.json": image.manifest };
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  for (const blob of [image.config, image.layer])
    await writeFile(join(path, digestOf(blob).slice("sha256:".length)), blob);
  return path;
}

describe.skipIf(!isHere)("skopeo", () => {
  it.each(["http", "https"])(
    "copies an image into the registry and out of it, byte for byte, by %s",
    async (scheme) => {
      const registry = await registryForTest();
      const folder = await temporaryFolder("bia-skopeo-");
      const image = await imageIn(folder);
      await writeFile(join(folder, "ca.crt"), await authorityOf(registry.sandbox));
      const way = (end: string) =>
        scheme === "http" ? [`--${end}-tls-verify=false`] : [`--${end}-cert-dir=${folder}`];
      const inRegistry = `docker://${registry.place}/bia:v1`;
      await copy(registry, `dir:${image}`, inRegistry, ...way("dest"));
      const back = join(folder, "back");
      await copy(registry, inRegistry, `dir:${back}`, ...way("src"));
      expect(await filesIn(back)).toEqual(await filesIn(image));
      const { imageDetails } = await registry.ecr.send(new DescribeImagesCommand({ repositoryName: "bia" }));
      expect(imageDetails).toMatchObject([
        { imageTags: ["v1"], imageDigest: digestOf(await readFile(join(image, "manifest.json"))) },
      ]);
    },
  );

  it("copies all images of an index", async () => {
    const registry = await registryForTest();
    const images = ["amd64", "arm64"].map((architecture) => ({ architecture, ...imageOf("hello", architecture) }));
    for (const image of images) await push(registry, image);
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
    await put(registry, index, "multi", INDEX);
    const folder = join(await temporaryFolder("bia-skopeo-"), "back");
    const insecure = ["--src-tls-verify=false", "--all"];
    await copy(registry, `docker://${registry.place}/bia:multi`, `dir:${folder}`, ...insecure);
    expect(await readFile(join(folder, "manifest.json"), "utf8")).toBe(index);
    const again = ["--dest-tls-verify=false", "--all"];
    await copy(registry, `dir:${folder}`, `docker://${registry.place}/bia:again`, ...again);
    expect(await (await registry.ask("bia/manifests/again")).text()).toBe(index);
  });

  it("is told that a password is wrong", async () => {
    const registry = await registryForTest();
    const image = await imageIn(await temporaryFolder("bia-skopeo-"));
    const wrong = { ...registry, token: btoa("AWS:wrong") };
    const copied = copy(wrong, `dir:${image}`, `docker://${registry.place}/bia:v1`, "--dest-tls-verify=false");
    await expect(copied).rejects.toThrow(/unauthorized|authentication required|Not Authorized/);
  });

  it("takes what a machine has built, and a machine what it brings", async () => {
    const registry = await registryForTest();
    const { sandbox, place } = registry;
    const machine = await launch(sandbox, "dev");
    const PolicyArn = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryFullAccess";
    await clientsOf(sandbox).iam.send(new AttachRolePolicyCommand({ RoleName: "dev", PolicyArn }));
    const host = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
    const { stderr, exitCode } = await machine.run(`set -eu
mkdir -p /srv/app && cd /srv/app
printf 'FROM node:24\\nRUN echo built > says\\nCMD ["node", "-p", "require(\\\\"fs\\\\").readFileSync(\\\\"says\\\\", \\\\"utf8\\\\").trim()"]\\n' > Dockerfile
docker build -q -t ${host}/bia:built .
aws ecr get-login-password --region us-east-1 | docker login --username AWS --password-stdin ${host}
docker push ${host}/bia:built
docker rmi ${host}/bia:built`);
    expect(exitCode, stderr).toBe(0);
    const folder = join(await temporaryFolder("bia-skopeo-"), "image");
    await copy(registry, `docker://${place}/bia:built`, `dir:${folder}`, "--src-tls-verify=false");
    await copy(registry, `dir:${folder}`, `docker://${place}/bia:copied`, "--dest-tls-verify=false");
    const ran = await machine.run(`docker run --rm ${host}/bia:copied 2> /dev/null`);
    expect(ran.stdout.trim()).toBe("built");
  });
});
