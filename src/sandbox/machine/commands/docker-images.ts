import { contextOf } from "../docker/build-context.ts";
import { type DockerCommand, engineOf, forEach, parse, Refusal, refuse, variables } from "../docker/client.ts";
import { isDockerError } from "../docker/engine.ts";
import { inspectImage, show } from "../docker/inspect.ts";
import { type Columns, listing } from "../docker/listing.ts";
import { imageRows } from "../docker/rows.ts";
import { fail, notEmulated, ok, type Process } from "../program.ts";
import { prune } from "./docker-prune.ts";
import { pull, push } from "./docker-registry.ts";

const columns: Columns = {
  columns: [
    ["REPOSITORY", "Repository"],
    ["TAG", "Tag"],
    ["IMAGE ID", "ID"],
    ["CREATED", "CreatedSince"],
    ["SIZE", "Size"],
  ],
  id: "ID",
};

const build: DockerCommand = async (args, process) => {
  const known = [
    "t|tag=",
    "f|file=",
    "build-arg=",
    "target=",
    "label=",
    "no-cache",
    "q|quiet",
    "progress=",
    "pull",
    "rm",
    "force-rm",
    "load",
    "platform=",
  ];
  const { options, values, operands } = parse("docker build", args, known, { least: 1, most: 1 });
  if (options.has("platform")) refuse("the option --platform of docker build");
  const { containers: _, images } = await engineOf(process, "build");
  const folder = folderOf(operands[0] ?? "", process);
  const file = options.get("f");
  const quiet = options.has("q");
  const { signal } = process;
  try {
    const { image } = await images.build({
      context: contextOf(process.fs, folder),
      ...(file !== undefined && { dockerfile: inContext(file, folder, process) }),
      tags: values.get("t") ?? [],
      buildArgs: variables(values.get("build-arg") ?? [], process),
      labels: variables(values.get("label") ?? [], process),
      ...(options.has("target") && { target: options.get("target") ?? "" }),
      noCache: options.has("no-cache"),
      ...(signal && { signal }),
      ...(!quiet && { onProgress: (line: string) => process.print("stderr", `${line}\n`) }),
    });
    return ok(quiet ? `${image.id}\n` : "");
  } catch (error) {
    if (!isDockerError(error)) throw error;
    return fail(`ERROR: failed to solve: ${error.message}\n`);
  }
};

/** @throws Refusal if it is no folder of the machine */
export function folderOf(path: string, { fs, cwd }: Process): string {
  if (path === "-" || /^(https?|git|ssh):/.test(path)) refuse("docker build of anything but a folder");
  const folder = fs.resolvePath(cwd, path);
  try {
    if (fs.node(folder).kind === "directory") return folder;
  } catch {
    throw new Refusal(fail(`ERROR: unable to prepare context: path "${path}" not found\n`));
  }
  throw new Refusal(fail(`ERROR: unable to prepare context: context must be a directory: ${path}\n`));
}

/** `-f` is relative to where one is, the engine's path to the context. */
function inContext(file: string, folder: string, { fs, cwd }: Process): string {
  const path = fs.resolvePath(cwd, file);
  if (!path.startsWith(`${folder}/`)) refuse(`a Dockerfile outside of the build context (${file})`);
  return path.slice(folder.length + 1);
}

const images: DockerCommand = async (args, process) => {
  const known = ["a|all", "q|quiet", "format=", "no-trunc", "digests", "f|filter="];
  const parsed = parse("docker images", args, known, { most: 1 });
  if (parsed.options.has("digests") || parsed.options.has("f"))
    refuse("the options --digests and --filter of docker images");
  const engine = await engineOf(process, "images/json");
  const [name] = parsed.operands;
  const full = parsed.options.has("no-trunc");
  const rows = imageRows(await engine.images.list(), { full }).filter(
    ({ Repository, Tag }) => name === undefined || name === Repository || name === `${Repository}:${Tag}`,
  );
  return listing(rows, parsed, columns);
};

const tag: DockerCommand = async (args, process) => {
  const { operands } = parse("docker tag", args, [], { least: 2, most: 2 });
  const engine = await engineOf(process, "images/tag");
  await engine.images.tag(operands[0] ?? "", operands[1] ?? "");
  return ok();
};

const rmi: DockerCommand = async (args, process) => {
  const { operands, options } = parse("docker rmi", args, ["f|force", "no-prune"], { least: 1 });
  const engine = await engineOf(process, "images");
  const used = async (name: string) => {
    const image = await engine.images.find(name);
    const user = engine.containers.list({ all: true }).find(({ imageId }) => imageId === image?.id);
    if (!image || !user || options.has("f") || image.names.length > 1) return undefined;
    const verb = user.state.status === "running" ? "is using" : "is using its referenced";
    return `conflict: unable to remove repository reference "${name}" (must force) - container ${user.id.slice(0, 12)} ${verb} image ${image.id.slice(7, 19)}`;
  };
  let stderr = "";
  const free: string[] = [];
  for (const name of operands) {
    const conflict = await used(name);
    if (conflict) stderr += `Error response from daemon: ${conflict}\n`;
    else free.push(name);
  }
  const result = await forEach(free, async (name) => (await engine.images.remove(name)).join("\n"));
  return { ...result, stderr: stderr + result.stderr, exitCode: stderr === "" ? result.exitCode : 1 };
};

const inspect: DockerCommand = async (args, process) => {
  const { operands, options } = parse("docker image inspect", args, ["f|format="], { least: 1 });
  const engine = await engineOf(process, "images");
  const found = await Promise.all(operands.map((name) => engine.images.find(name)));
  const missing = operands.filter((_, at) => !found[at]);
  const objects = found.flatMap((image) => (image ? [inspectImage(image)] : []));
  return show(
    objects,
    options.get("f"),
    missing.map((name) => `Error response from daemon: No such image: ${name}\n`),
  );
};

const imageCommands: Readonly<Record<string, DockerCommand>> = {
  build,
  inspect,
  ls: images,
  list: images,
  prune: prune.image,
  pull,
  push,
  rm: rmi,
  tag,
};

/** Commands of docker about images. */
export const imageManagement: Readonly<Record<string, DockerCommand>> = {
  build,
  images,
  rmi,
  tag,
  image([command = "", ...args], process) {
    const run = imageCommands[command];
    return run ? run(args, process) : notEmulated(`docker image ${command}`.trim());
  },
};
