import { createHash } from "node:crypto";
import path from "node:path";
import { GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import type { Aws } from "../../aws/clients.ts";
import { configurationOf, type Manifest, manifestOf } from "../../aws/images.ts";
import { Explained } from "../../engine/errors.ts";
import type { Kind, Note, RegistryPlace } from "../../engine/task.ts";
import { type AppSource, checkedPack } from "../app/source-check.ts";
import { refuseImmutable } from "../app/tag-of-another.ts";
import { call, containerProgram, inPrivateFolder, type Program } from "./program.ts";

/** An image that this computer builds and pushes. */
export interface LocalImageDesired {
  readonly source: AppSource;
  readonly repositoryName: string;
  /** `HOST/NAME` */
  readonly repositoryUri: string;
  readonly tag: string;
  /** `ARG`s of the Dockerfile, by name. */
  readonly buildArgs: Readonly<Record<string, string>>;
  /** What its task definition says that it runs on. */
  readonly definition: { readonly runtimePlatform: { readonly architecture: "X86_64" | "ARM64" } };
  /** How registries are reached from this computer; absent: not at all. */
  readonly registry?: RegistryPlace;
}

/** An image as the repository has it. */
export interface LocalImage {
  /** `HOST/NAME:TAG` */
  readonly uri: string;
  readonly digest: string;
}

/** The label that says what an image was built from. */
const LABEL = "bia-infra.source";

/**
 * The image of a version, built by this computer's own docker or podman from what would travel to the work machine, for the platform of the
 * machines. It is there already if the one under the tag says, in a label, that it was built from just that.
 */
export const localImage: Kind<LocalImageDesired, LocalImage, Aws> = {
  type: "remote.local-image",
  async find(aws, desired) {
    const { word } = await contextOf(desired);
    const { repositoryName, repositoryUri, tag } = desired;
    const manifest = await manifestOf(aws, { repository: repositoryName, reference: tag });
    if (manifest && (await labelOf(aws, desired, manifest)) === word)
      return { uri: `${repositoryUri}:${tag}`, digest: manifest.digest };
    if (manifest) await refuseImmutable(aws, repositoryName, tag);
    // Before anything is changed.
    await containerProgram();
    return undefined;
  },
  async create(aws, desired, note) {
    const program = await containerProgram();
    const place = placeOf(desired);
    await build(program, place.name, desired, note);
    await push(aws, program, place, note);
  },
  describe: ({ uri, digest }) => `${uri}, ${digest.slice(0, 19)}`,
  limits: { usually: 60, ready: 120 },
};

interface Context {
  readonly tar: Buffer;
  /** What is built, in one word. */
  readonly word: string;
}

async function contextOf({ source, buildArgs, definition }: LocalImageDesired): Promise<Context> {
  if ("git" in source) {
    throw new Explained(
      `--builder docker builds a folder of this computer, and app.source is the repository ${source.git}`,
      "Let app.source in the variables name a folder that it is checked out in, or use --builder machine.",
    );
  }
  const { hash, tar } = await checkedPack(source.folder);
  const { architecture } = definition.runtimePlatform;
  const built = JSON.stringify([hash, architecture, Object.entries(buildArgs).sort()]);
  return { tar, word: createHash("sha256").update(built).digest("hex").slice(0, 16) };
}

/** Undefined: none, or nobody can tell. */
async function labelOf(aws: Aws, desired: LocalImageDesired, manifest: Manifest): Promise<string | undefined> {
  const { repositoryName: repository, repositoryUri, tag: reference, registry } = desired;
  const image = { repository, repositoryUri, reference, ...(registry && { registry }) };
  try {
    return (await configurationOf(aws, image, manifest)).config?.Labels?.[LABEL];
  } catch {
    return undefined;
  }
}

interface Place {
  /** `HOST/NAME:TAG`, as this computer reaches it. */
  readonly name: string;
  readonly host: string;
  readonly isPlain: boolean;
}

function placeOf({ repositoryUri, tag, registry }: LocalImageDesired): Place {
  if (!registry) {
    throw new Explained("the registry of images cannot be reached from this computer", "Use --builder machine.");
  }
  const [own = "", ...rest] = repositoryUri.split("/");
  const host = registry.url === undefined ? own : new URL(registry.url).host;
  return { name: `${host}/${rest.join("/")}:${tag}`, host, isPlain: registry.url?.startsWith("http:") ?? false };
}

async function build(program: Program, name: string, desired: LocalImageDesired, note: Note): Promise<void> {
  const { tar, word } = await contextOf(desired);
  const platform = { X86_64: "linux/amd64", ARM64: "linux/arm64" }[desired.definition.runtimePlatform.architecture];
  const args = Object.entries(desired.buildArgs).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
  note(`${program} builds for ${platform}`);
  await call(program, ["build", "--platform", platform, "--label", `${LABEL}=${word}`, ...args, "--tag", name, "-"], {
    input: tar,
    show: note,
    // An index with an attestation beside the image would only be one manifest more to look through.
    env: { ...process.env, BUILDX_NO_DEFAULT_ATTESTATIONS: "1" },
    next: "Correct what the lines above say in the app's source, then run the same command again.",
  });
}

/** With a login that is forgotten afterwards: the person's own configuration is neither read for it nor changed. */
async function push(aws: Aws, program: Program, { name, host, isPlain }: Place, note: Note): Promise<void> {
  const password = await passwordOf(aws);
  await inPrivateFolder(async (folder) => {
    const authFile = path.join(folder, "auth.json");
    const more = program === "podman" ? ["--authfile", authFile, ...(isPlain ? ["--tls-verify=false"] : [])] : [];
    const env = program === "podman" ? process.env : { ...process.env, DOCKER_CONFIG: folder, ...(await engineOf()) };
    const login = ["login", "--username", "AWS", "--password-stdin", ...more, host];
    await call(program, login, { input: password, env, next: `${host} has to be reachable from this computer.` });
    note(`${program} pushes ${name}`);
    await call(program, ["push", ...more, name], { show: note, env, next: "Then run the same command again." });
  });
}

/** The engine that docker uses by the person's configuration, for calls that do without it. */
async function engineOf(): Promise<NodeJS.ProcessEnv> {
  if (process.env.DOCKER_HOST) return {};
  const inspect = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
  const host = await call("docker", inspect, { next: "" }).catch(() => "");
  return host.trim() === "" ? {} : { DOCKER_HOST: host.trim() };
}

/** It stands after `AWS:`. (ecr:AuthorizationData) */
async function passwordOf({ ecr }: Aws): Promise<string> {
  const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const token = Buffer.from(authorizationData[0]?.authorizationToken ?? "", "base64").toString();
  return token.slice(token.indexOf(":") + 1);
}
