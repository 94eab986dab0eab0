import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { onTestFinished } from "vitest";
import type { RunningSandbox, SandboxOptions } from "../../src/sandbox/sandbox.ts";
import { clientConfig, sandboxForTest } from "./sandbox.ts";

export const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const INDEX = "application/vnd.oci.image.index.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

/** A registry with a repository `bia`, and what a client of it needs. */
export interface TestRegistry {
  readonly sandbox: RunningSandbox;
  readonly ecr: ECRClient;
  /** `host:port` */
  readonly place: string;
  /** What stands in `Authorization` after `Basic`. */
  readonly token: string;
  /** Asks for a path below `/v2/`, with the token. */
  ask(path: string, init?: RequestInit): Promise<Response>;
}

/** A sandbox of the running test's own that serves its registries. */
export async function registryForTest(options: SandboxOptions = {}): Promise<TestRegistry> {
  const sandbox = await sandboxForTest({ delays: "none", throttling: false, registryPort: 0, ...options });
  const ecr = new ECRClient({ ...clientConfig(sandbox), maxAttempts: 1 });
  onTestFinished(() => ecr.destroy());
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "bia" }));
  const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const token = authorizationData[0]?.authorizationToken ?? "";
  const place = sandbox.places.registry ?? "";
  const ask = (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Basic ${token}`, ...(init.headers as Record<string, string>) };
    return fetch(new URL(path, `http://${place}/v2/`), { ...init, headers });
  };
  return { sandbox, ecr, place, token, ask };
}

export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** The bytes of a small image. */
export interface TestImage {
  readonly config: Buffer;
  readonly layer: Buffer;
  readonly manifest: string;
  readonly digest: string;
}

/** An image whose only layer is a tar archive with nothing in it. */
export function imageOf(says: string, architecture = "amd64"): TestImage {
  const tar = Buffer.alloc(1024);
  const layer = gzipSync(tar);
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: "linux",
      created: "2026-01-01T00:00:00Z",
      config: { Env: [`SAYS=${says}`], Cmd: ["node", "-p", "process.env.SAYS"] },
      rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
    }),
  );
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: LAYER, digest: digestOf(layer), size: layer.length }],
  });
  return { config, layer, manifest, digest: digestOf(manifest) };
}

/** Uploads a blob at once. */
export async function upload({ ask }: TestRegistry, body: Uint8Array, repository = "bia"): Promise<Response> {
  return ask(`${repository}/blobs/uploads/?digest=${digestOf(body)}`, { method: "POST", body });
}

/** Pushes a manifest, under a tag or its digest. */
export function put({ ask }: TestRegistry, manifest: string, reference: string, type = MANIFEST): Promise<Response> {
  return ask(`bia/manifests/${reference}`, { method: "PUT", body: manifest, headers: { "content-type": type } });
}

/** Pushes an image with all that it has. */
export async function push(registry: TestRegistry, image: TestImage, reference = image.digest): Promise<Response> {
  for (const blob of [image.config, image.layer]) await upload(registry, blob);
  return put(registry, image.manifest, reference);
}
