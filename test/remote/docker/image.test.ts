import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PutImageTagMutabilityCommand } from "@aws-sdk/client-ecr";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import type { Aws } from "../../../src/aws/clients.ts";
import { manifestOf } from "../../../src/aws/images.ts";
import { type LocalImageDesired, localImage } from "../../../src/remote/docker/image.ts";
import { registryForTest } from "../../support/registry.ts";
import { clientsOf } from "../../support/runs.ts";

const SUPPORT = path.resolve(import.meta.dirname, "../../support");

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A repository, an app, and a docker that pushes for true but only packs what it is to build. */
async function world() {
  const registry = await registryForTest();
  const clients = clientsOf(registry.sandbox);
  const folder = await mkdtemp(path.join(tmpdir(), "bia-local-image-"));
  onTestFinished(async () => {
    clients.close();
    await rm(folder, { recursive: true, force: true });
  });
  const [app, bin, state] = ["app", "bin", "state"].map((name) => path.join(folder, name)) as [string, string, string];
  await cp(path.join(SUPPORT, "tiny-app"), app, { recursive: true });
  await cp(path.join(SUPPORT, "fake-docker.mjs"), path.join(bin, "docker"));
  await chmod(path.join(bin, "docker"), 0o755);
  await cp(path.join(SUPPORT, "tiny-app"), state, { recursive: true });
  vi.stubEnv("PATH", `${bin}${path.delimiter}${path.dirname(process.execPath)}`);
  vi.stubEnv("FAKE_DOCKER", state);
  const account = await clients.account();
  const aws: Aws = clients.scopedTo({ region: "us-east-1", account, stack: "bia", ownership: {} });
  const desired = (more: Partial<LocalImageDesired> = {}): LocalImageDesired => ({
    source: { folder: app },
    repositoryName: "bia",
    repositoryUri: `${account}.dkr.ecr.us-east-1.amazonaws.com/bia`,
    tag: "v1",
    buildArgs: {},
    definition: { runtimePlatform: { architecture: "ARM64" } },
    registry: { url: `http://${registry.place}` },
    ...more,
  });
  const notes: string[] = [];
  const build = (more?: Partial<LocalImageDesired>) =>
    localImage.create?.(aws, desired(more), (line) => notes.push(line));
  const find = (more?: Partial<LocalImageDesired>) => localImage.find(aws, desired(more));
  const calls = async () => (await readFile(path.join(state, "calls"), "utf8")).trim().split("\n");
  return { ...registry, aws, app, bin, desired, build, find, notes, calls };
}

test("the image is built for the machines' platform, pushed, and there afterwards", async () => {
  const { find, build, notes, aws, calls } = await world();
  expect(await find()).toBeUndefined();
  await build({ buildArgs: { VITE_API_URL: "http://x" } });
  const there = await find({ buildArgs: { VITE_API_URL: "http://x" } });
  expect(there?.digest).toBe((await manifestOf(aws, { repository: "bia", reference: "v1" }))?.digest);
  expect(notes).toContain("docker builds for linux/arm64");
  expect(await calls()).toContainEqual(
    expect.stringMatching(/"build","--platform","linux\/arm64".*"--build-arg","VITE_API_URL=http:\/\/x"/),
  );
});

test("an unchanged source is not built again, a changed one and other build arguments are", async () => {
  const { find, build, app } = await world();
  await build();
  expect(await find()).toBeDefined();
  expect(await find({ buildArgs: { A: "1" } })).toBeUndefined();
  await writeFile(path.join(app, "more.txt"), "more\n");
  expect(await find()).toBeUndefined();
});

test("the registry's password stands in no argument, and in no file afterwards", async () => {
  const { build, calls, token, notes } = await world();
  const before = await readdir(tmpdir());
  await build();
  const password = Buffer.from(token, "base64").toString().slice("AWS:".length);
  const made = (await calls()).join("\n");
  expect(made).toContain('"--password-stdin"');
  expect([made, ...notes].join("\n")).not.toContain(password.slice(0, 40));
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith("bia-docker-") && !before.includes(name));
  expect(left).toEqual([]);
});

test("a tag that may not be moved is told of before anything is built", async () => {
  const { find, build, app, ecr, calls } = await world();
  await build();
  await ecr.send(new PutImageTagMutabilityCommand({ repositoryName: "bia", imageTagMutability: "IMMUTABLE" }));
  expect(await find()).toBeDefined();
  await writeFile(path.join(app, "more.txt"), "more\n");
  const builds = async () => (await calls()).filter((line) => line.startsWith('["build"')).length;
  const before = await builds();
  await expect(find()).rejects.toThrow("bia:v1 is there already, of another source or other build arguments");
  expect(await builds()).toBe(before);
});

test("a docker whose engine is down, and a computer without any, are told with what to do", async () => {
  const { find, bin } = await world();
  vi.stubEnv("FAKE_DOCKER_DOWN", "1");
  await expect(find()).rejects.toMatchObject({
    message:
      "docker is there, but its engine does not answer: Cannot connect to the Docker daemon at unix:///var/run/docker.sock.",
    next: expect.stringContaining("--builder machine"),
  });
  await rm(path.join(bin, "docker"));
  await expect(find()).rejects.toThrow("there is neither docker nor podman on this computer's PATH");
});

test("what docker says when it fails is told, and that it builds no repository", async () => {
  const { build, find } = await world();
  await expect(build({ tag: "v:1" })).rejects.toThrow(/^docker push failed:\n/);
  const git = { source: { git: "https://example.com/app.git" } };
  await expect(find(git)).rejects.toThrow("--builder docker builds a folder of this computer");
});
