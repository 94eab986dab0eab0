import { posix } from "node:path";
import { contextOf } from "../docker/build-context.ts";
import { type DockerCommand, engineOf, parse, Refusal, refuse } from "../docker/client.ts";
import type { Containers, Placed } from "../docker/engine.ts";
import { fail, ok, type Process } from "../program.ts";

const OPTIONS = ["a|archive", "L|follow-link", "q|quiet"];

/** `docker cp`. */
export const copy: DockerCommand = async (args, process) => {
  const { operands } = parse("docker cp", args, OPTIONS, { least: 2, most: 2 });
  const { containers } = await engineOf(process, "containers");
  return await copyFiles(operands, (name) => name, containers, process);
};

/** `docker compose cp`, for which a container goes by its service. */
export async function copyOfServices(
  args: readonly string[],
  containerOf: (service: string) => string,
  process: Process,
) {
  const { operands } = parse("docker compose cp", args, [...OPTIONS, "index=", "all"], { least: 2, most: 2 });
  const { containers } = await engineOf(process, "containers");
  return await copyFiles(operands, containerOf, containers, process);
}

/** A place that is not the machine's has a container. */
interface Place {
  readonly container?: string;
  readonly path: string;
}

async function copyFiles(
  [from = "", to = ""]: readonly string[],
  containerOf: (name: string) => string,
  containers: Containers,
  process: Process,
) {
  const [source, destination] = [placeOf(from), placeOf(to)];
  if (source.container !== undefined && destination.container !== undefined)
    return fail("copying between containers is not supported\n");
  if (source.path === "-" || destination.path === "-") refuse("archives on the standard input and output of docker cp");
  if (source.container !== undefined) {
    const name = existing(containerOf(source.container), containers);
    await put(await containers.take(name, posix.resolve("/", source.path)), source, destination, machineSide(process));
    return ok();
  }
  if (destination.container === undefined) return fail("must specify at least one container source\n");
  const name = existing(containerOf(destination.container), containers);
  const side = containerSide(name, containers);
  await put(
    await filesOf(source.path, process),
    source,
    { path: posix.resolve("/", destination.path) + slash(destination) },
    side,
  );
  return ok();
}

/** @throws Refusal if there is no such container */
function existing(name: string, containers: Containers): string {
  if (containers.find(name)) return name;
  throw new Refusal(fail(`Error response from daemon: No such container: ${name}\n`));
}

function slash({ path }: Place): string {
  return path.endsWith("/") ? "/" : "";
}

/** `bia:/tmp/x`; what begins with a dot or a slash is a path of the machine, whatever is in it. */
function placeOf(text: string): Place {
  const at = text.indexOf(":");
  if (at < 0 || /^[./]/.test(text)) return { path: text };
  return { container: text.slice(0, at), path: text.slice(at + 1) };
}

/** Where files go. */
interface Side {
  kind(path: string): Promise<Placed["type"] | undefined>;
  put(path: string, entries: readonly Placed[]): Promise<void>;
}

function containerSide(name: string, containers: Containers): Side {
  return {
    kind: (path) => containers.kind(name, path),
    put: (path, entries) => containers.put(name, path, entries),
  };
}

function machineSide({ fs, cwd }: Process): Side {
  const full = (path: string) => fs.resolvePath(cwd, path);
  return {
    async kind(path) {
      if (!(await fs.exists(full(path)))) return undefined;
      return fs.node(full(path)).kind === "directory" ? "directory" : "file";
    },
    async put(path, entries) {
      for (const { path: below, type, mode, target = "", read } of entries) {
        const to = posix.join(full(path), below);
        if (type === "directory") await fs.mkdir(to, { recursive: true });
        else if (type === "symlink") await fs.rm(to, { force: true }).then(() => fs.symlink(target, to));
        else await fs.writeFile(to, read());
        if (type !== "symlink") await fs.chmod(to, mode);
      }
    },
  };
}

/** Into a folder that is there under its own name, else in the place of what is there (docker cp, "Description"). */
async function put(entries: readonly Placed[], source: Place, destination: Place, side: Side): Promise<void> {
  const { path } = destination;
  const [first] = entries;
  const there = await side.kind(path);
  const isFolder = first?.type === "directory";
  if (there === undefined && !isFolder && path.endsWith("/"))
    throw new Refusal(fail(`destination directory "${path}" must exist\n`));
  if (there !== undefined && there !== "directory" && isFolder)
    throw new Refusal(fail("cannot copy a directory to a file\n"));
  const ownName = posix.basename(source.path.replace(/\/+$/, ""));
  const isContent = source.path === "." || source.path.endsWith("/.");
  await side.put(there === "directory" && !isContent ? posix.join(path, ownName) : path, entries);
}

/** A file or folder of the machine, as its user may read it. */
async function filesOf(path: string, { fs, cwd }: Process): Promise<Placed[]> {
  const full = fs.resolvePath(cwd, path);
  if (!(await fs.exists(full))) throw new Refusal(fail(`lstat ${full}: no such file or directory\n`));
  const node = fs.node(full);
  const nothing = () => new Uint8Array();
  if (node.kind !== "directory") {
    const content = await fs.readFileBuffer(full);
    return [{ path: "", type: "file", mode: node.mode, read: () => content }];
  }
  const context = contextOf(fs, full);
  const placed = (await context.list(() => false)).map(async (entry): Promise<Placed> => {
    const content = entry.type === "file" ? await context.read(entry.path) : nothing();
    return { ...entry, read: () => content };
  });
  return [{ path: "", type: "directory", mode: node.mode, read: nothing }, ...(await Promise.all(placed))];
}
