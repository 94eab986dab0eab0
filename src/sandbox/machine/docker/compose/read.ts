import { fail, type Process } from "../../program.ts";
import { Refusal, refuse } from "../client.ts";
import { unquotedEnvFile } from "./env-file.ts";
import { extended } from "./extends.ts";
import { interpolate, type Variables } from "./interpolate.ts";
import { merge } from "./merge.ts";
import type { Project, ProjectNetwork, ProjectVolume, Service } from "./project.ts";
import { serviceOf } from "./service.ts";

/** Names that compose looks for, the best first. */
const FILES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/** Options that stand before compose's command. */
export interface ProjectOptions {
  /** Later ones add to the first. Default: the one that compose finds. */
  readonly files?: readonly string[] | undefined;
  readonly name?: string | undefined;
  readonly folder?: string | undefined;
  readonly envFile?: string | undefined;
  /** Beside those in COMPOSE_PROFILES. */
  readonly profiles?: readonly string[] | undefined;
}

/**
 * Reads the compose file of the folder that one is in, or of one above.
 *
 * @throws Refusal for a file that is missing or wrong, and naming the keys that the sandbox does not emulate
 */
export async function readProject(process: Process, options: ProjectOptions): Promise<Project> {
  const files = await locate(process, options);
  const [file = ""] = files;
  const folder = options.folder === undefined ? parent(file) : process.fs.resolvePath(process.cwd, options.folder);
  const variables = await variablesOf(process, folder, options.envFile);
  const contents = await Promise.all(files.map((path) => readWhole(path, process)));
  const raw = contents.reduce(merge);
  const name =
    options.name ?? process.env.COMPOSE_PROJECT_NAME ?? nameOf(raw, variables) ?? folder.split("/").at(-1) ?? "";
  const content = interpolate(raw, { ...variables, values: { ...variables.values, COMPOSE_PROJECT_NAME: name } });
  for (const missing of variables.missing) {
    const why = `The \\"${missing}\\" variable is not set. Defaulting to a blank string.`;
    process.print("stderr", `time="${new Date().toISOString().slice(0, 19)}Z" level=warning msg="${why}"\n`);
  }
  const profiles = [...(options.profiles ?? []), ...(variables.values.COMPOSE_PROFILES ?? "").split(",")];
  return await projectOf(content, { name: projectName(name), folder, file, files, profiles, process });
}

/** A compose file with what its services extend. */
async function readWhole(path: string, process: Process): Promise<Readonly<Record<string, unknown>>> {
  const content = await parseYaml(await process.fs.readFile(path));
  return extended(content, async (other) => {
    const full = process.fs.resolvePath(parent(path), other);
    if (parent(full) !== parent(path)) refuse(`services that extend those of a file in another folder (${other})`);
    if (!(await process.fs.exists(full))) {
      throw new Refusal(fail(`open ${full}: no such file or directory\n`, 14));
    }
    return parseYaml(await process.fs.readFile(full));
  });
}

function nameOf({ name }: Readonly<Record<string, unknown>>, variables: Variables): string | undefined {
  return typeof name === "string" ? interpolate(name, variables) : undefined;
}

async function locate({ fs, cwd }: Process, { files = [], folder }: ProjectOptions): Promise<string[]> {
  const paths = files.map((file) => fs.resolvePath(cwd, file));
  for (const path of paths) {
    if (!(await fs.exists(path))) throw new Refusal(fail(`open ${path}: no such file or directory\n`, 14));
  }
  if (paths.length > 0) return paths;
  for (let place = fs.resolvePath(cwd, folder ?? "."); ; place = parent(place)) {
    for (const name of FILES) if (await fs.exists(`${place}/${name}`)) return [fs.resolvePath(place, name)];
    if (place === "/") throw new Refusal(fail("no configuration file provided: not found\n", 14));
  }
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** What the file may mention: the environment first, then the project's `.env`. */
async function variablesOf(process: Process, folder: string, envPath: string | undefined): Promise<Variables> {
  const path = envPath === undefined ? `${folder}/.env` : process.fs.resolvePath(process.cwd, envPath);
  const isThere = envPath !== undefined || (await process.fs.exists(path));
  const file = isThere ? await unquotedEnvFile(path, process) : {};
  return { values: { ...file, ...process.env }, missing: new Set() };
}

async function parseYaml(text: string): Promise<Readonly<Record<string, unknown>>> {
  // Its default export, because a bundle of a CommonJS module has no other.
  const { parseDocument } = (await import("yaml")).default;
  const document = parseDocument(text, { merge: true, logLevel: "error" });
  const [error] = document.errors;
  if (error?.code === "DUPLICATE_KEY")
    throw new Refusal(fail(`yaml: unmarshal errors:\n  ${twice(text, error.pos[0])}\n`, 15));
  if (error)
    throw new Refusal(fail(`yaml: line ${error.linePos?.[0].line ?? 1}: ${error.message.split("\n")[0]}\n`, 15));
  const content = contentOf(document);
  if (typeof content === "object" && content !== null && !Array.isArray(content))
    return content as Record<string, unknown>;
  throw new Refusal(fail("empty compose file\n", 15));
}

/** In the words of Go's yaml, about the key of a mapping that stands at `at` for the second time. */
function twice(text: string, at: number): string {
  const lines = text.slice(0, at).split("\n");
  const indent = lines.at(-1) ?? "";
  const [, key = ""] = /^(["']?[^:"']+)["']?\s*:/.exec(text.slice(at)) ?? [];
  const first = lines.slice(0, -1).findLastIndex((line) => line.startsWith(`${indent}${key}`));
  return `line ${lines.length}: mapping key ${JSON.stringify(key.replace(/^["']/, ""))} already defined at line ${first + 1}`;
}

/** An alias that leads to nothing, or aliases that grow without end, are found only now. */
function contentOf(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new Refusal(fail(`yaml: ${(error as Error).message.split("\n")[0]}\n`, 15));
  }
}

/** Small letters, digits, `-` and `_`, as docker compose makes it of a folder's name. */
function projectName(name: string): string {
  const normal = name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
  if (normal !== "") return normal;
  throw new Refusal(fail("project name must not be empty\n"));
}

interface Place {
  readonly name: string;
  readonly folder: string;
  readonly file: string;
  readonly files: readonly string[];
  readonly profiles: readonly string[];
  readonly process: Process;
}

const TOP = new Set(["version", "name", "services", "volumes", "networks", "secrets", "configs"]);
const TOP_KNOWN = new Set(["include", "models"]);

async function projectOf(content: Readonly<Record<string, unknown>>, place: Place): Promise<Project> {
  const { name, folder, file, files, profiles, process } = place;
  for (const key of Object.keys(content)) {
    if (TOP.has(key) || key.startsWith("x-")) continue;
    if (TOP_KNOWN.has(key)) refuse(`the key ${key} of a compose file`);
    throw new Refusal(fail(`validating ${file}: (root) Additional property ${key} is not allowed\n`, 15));
  }
  const networks = networksIn(content.networks, name, file);
  const volumes = volumesOf(content.volumes, name, file);
  const services: Service[] = [];
  for (const [key, value] of Object.entries(mapping(content.services, "services", file))) {
    services.push(
      await serviceOf(key, mapping(value, `services.${key}`, file), {
        project: name,
        folder,
        file,
        volumes,
        networks,
        files: {
          secrets: filesIn(content.secrets, "secrets", file),
          configs: filesIn(content.configs, "configs", file),
        },
        process,
      }),
    );
  }
  if (services.length === 0) throw new Refusal(fail("no service selected\n"));
  return { name, folder, files, profiles, services: ordered(linked(services)), volumes, networks };
}

function networksIn(value: unknown, project: string, file: string): ProjectNetwork[] {
  const named = Object.entries(mapping(value ?? {}, "networks", file)).map(([key, options]) => {
    const { name, external, driver = "bridge", ...others } = mapping(options ?? {}, `networks.${key}`, file);
    unknownKey(others, NETWORK_WITHOUT_EFFECT, `networks.${key}`, file);
    if (driver !== "bridge") refuse(`the network driver ${driver}`);
    const isExternal = external === true;
    const own = isExternal ? key : `${project}_${key}`;
    return { key, name: typeof name === "string" ? name : own, external: isExternal };
  });
  const isNamed = named.some(({ key }) => key === "default");
  return isNamed ? named : [{ key: "default", name: `${project}_default`, external: false }, ...named];
}

/** Keys of a network that nothing here would show. */
const NETWORK_WITHOUT_EFFECT = new Set([
  "attachable",
  "driver_opts",
  "enable_ipv4",
  "enable_ipv6",
  "internal",
  "ipam",
  "labels",
]);

function unknownKey(others: object, known: ReadonlySet<string>, path: string, file: string): void {
  const odd = Object.keys(others).find((key) => !known.has(key) && !key.startsWith("x-"));
  if (odd === undefined) return;
  throw new Refusal(fail(`validating ${file}: ${path} Additional property ${odd} is not allowed\n`, 15));
}

function volumesOf(value: unknown, project: string, file: string): ProjectVolume[] {
  return Object.entries(mapping(value ?? {}, "volumes", file)).map(([key, options]) => {
    const { name, external, driver = "local", driver_opts, ...others } = mapping(options ?? {}, `volumes.${key}`, file);
    unknownKey(others, new Set(["labels"]), `volumes.${key}`, file);
    if (driver !== "local") refuse(`the volume driver ${driver}`);
    if (driver_opts !== undefined && driver_opts !== null)
      refuse(`the key volumes.${key}.driver_opts of a compose file`);
    const isExternal = external === true;
    return {
      key,
      name: typeof name === "string" ? name : isExternal ? key : `${project}_${key}`,
      external: isExternal,
    };
  });
}

/** Secrets or configs by their keys, with the file that each is of; undefined: it is not of a file. */
function filesIn(value: unknown, key: string, file: string): ReadonlyMap<string, string | undefined> {
  const entries = Object.entries(mapping(value ?? {}, key, file)).map(
    ([name, options]): [string, string | undefined] => {
      const { file: path, ...others } = mapping(options ?? {}, `${key}.${name}`, file);
      unknownKey(others, OF_A_FILE, `${key}.${name}`, file);
      return [name, typeof path === "string" ? path : undefined];
    },
  );
  return new Map(entries);
}

const OF_A_FILE = new Set([
  "environment",
  "content",
  "external",
  "name",
  "labels",
  "driver",
  "driver_opts",
  "template_driver",
]);

/** @throws Refusal if it is no mapping */
function mapping(value: unknown, path: string, file: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Refusal(fail(`validating ${file}: ${path} must be a mapping\n`, 15));
}

/** With the names that links give to services. */
function linked(services: readonly Service[]): Service[] {
  const aliases = services.flatMap(({ source: { links } }) =>
    (Array.isArray(links) ? links : []).map((link) => String(link).split(":")),
  );
  return services.map((service) => {
    const own = aliases.flatMap(([name, alias]) => (name === service.name && alias !== undefined ? [alias] : []));
    if (own.length === 0) return service;
    const networks = service.spec.networks?.map((one) => ({ ...one, aliases: [...(one.aliases ?? []), ...own] }));
    return { ...service, spec: { ...service.spec, ...(networks && { networks }) } };
  });
}

/** Dependencies first. */
function ordered(services: readonly Service[]): Service[] {
  const done: Service[] = [];
  const visit = (service: Service, path: readonly string[]): void => {
    if (done.includes(service)) return;
    if (path.includes(service.name)) {
      throw new Refusal(fail(`dependency cycle detected: ${[...path, service.name].join(" -> ")}\n`, 15));
    }
    for (const { service: name, required } of service.dependsOn) {
      const needed = services.find((one) => one.name === name);
      if (needed) visit(needed, [...path, service.name]);
      else if (required) {
        throw new Refusal(
          fail(`service "${service.name}" depends on undefined service ${name}: invalid compose project\n`, 15),
        );
      }
    }
    done.push(service);
  };
  for (const service of [...services].sort((a, b) => (a.name < b.name ? -1 : 1))) visit(service, []);
  return done;
}
