import { readFile } from "node:fs/promises";
import { bundled } from "../bundled.ts";
import type { LayerEntry } from "../image/layer.ts";
import { type Reference, repositoryOf } from "../image/reference.ts";
import type { ImageConfig } from "../image.ts";
import { nginxFiles } from "./nginx/image.ts";
import { redisFiles } from "./redis/image.ts";

/** A public image that a program of ours stands for, because nothing is downloaded. */
export interface StandIn {
  /** As one would pull it. */
  readonly image: string;
  readonly isFor: (reference: Reference) => boolean;
  /** Its users from 1000 on. */
  readonly users: readonly string[];
  /** Its system, as the ID in `/etc/os-release`; absent: that which the tag tells of. */
  readonly system?: "amzn";
  /** What it has beside Node. */
  readonly files: () => Promise<readonly LayerEntry[]>;
  readonly config: (reference: Reference) => Partial<ImageConfig>;
}

/** What nginx says it is where the tag names no version. */
const NGINX_VERSION = "1.29.3";

export const STAND_INS: readonly StandIn[] = [
  retailStore("ui", "0.7.0"),
  retailStore("assets", "0.7.0"),
  retailStore("catalog", "0.7.0"),
  retailStore("cart", "0.8.0"),
  {
    image: "nginx",
    isFor: (reference) => /^(nginx|nginx-unprivileged)$/.test(repositoryOf(reference)),
    users: ["nginx"],
    files: async () => nginxFiles(await code("nginx.cjs", "public-images/nginx/main.ts")),
    config: ({ tag = "" }) => ({
      Entrypoint: ["/docker-entrypoint.sh"],
      Cmd: ["nginx", "-g", "daemon off;"],
      ExposedPorts: { "80/tcp": {} },
      StopSignal: "SIGQUIT",
      Env: [`NGINX_VERSION=${/^\d+\.\d+(\.\d+)?/.exec(tag)?.[0] ?? NGINX_VERSION}`],
    }),
  },
  keyValueStore("redis", "8.2.3"),
  keyValueStore("valkey", "9.0.0"),
];

/** One of the ECS and Fargate workshop's. (https://github.com/aws-containers/retail-store-sample-app) */
function retailStore(service: string, version: string): StandIn {
  const image = `public.ecr.aws/aws-containers/retail-store-sample-${service}:${version}`;
  const program = () => code(`retail-store-${service}.cjs`, `public-images/retail-store/${service}/main.ts`);
  return {
    image,
    isFor: ({ name, tag }) => `${name}:${tag}` === image,
    users: [],
    system: "amzn",
    files: async () => [
      { path: "app", type: "directory", mode: 0o755 },
      { path: "app/server.cjs", type: "file", mode: 0o644, content: Buffer.from(await program()) },
    ],
    config: () => ({
      Entrypoint: [],
      Cmd: ["node", "/app/server.cjs"],
      WorkingDir: "/app",
      ExposedPorts: { "8080/tcp": {} },
    }),
  };
}

/** Redis, and what became of it. */
function keyValueStore(name: "redis" | "valkey", version: string): StandIn {
  return {
    image: name,
    isFor: (reference) => repositoryOf(reference) === name,
    users: [name],
    files: async () => redisFiles(await code("redis.cjs", "public-images/redis/main.ts"), name),
    config: ({ tag = "" }) => ({
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: [`${name}-server`],
      WorkingDir: "/data",
      ExposedPorts: { "6379/tcp": {} },
      Volumes: { "/data": {} },
      Env: [`${name.toUpperCase()}_VERSION=${/^\d+(\.\d+)*/.exec(tag)?.[0] ?? version}`],
    }),
  };
}

/** What stands for an image; undefined: nothing does. */
export function standIn(reference: Reference): StandIn | undefined {
  return STAND_INS.find(({ isFor }) => isFor(reference));
}

async function code(bundle: string, entry: string): Promise<string> {
  const found = await bundled(bundle, entry);
  return "file" in found ? readFile(found.file, "utf8") : found.code;
}
