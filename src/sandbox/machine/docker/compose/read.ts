import { fail, type Process } from "../../program.ts";
import { Refusal, refuse } from "../client.ts";
import { envFileOfCompose } from "./env-file.ts";
import { interpolate, type Variables } from "./interpolate.ts";
import { load, parent } from "./load.ts";
import type { FileSource } from "./place.ts";
import type { Project, ProjectNetwork, ProjectVolume, Service } from "./project.ts";
import { serviceOf } from "./service.ts";
import { type Content, isMapping, readYaml } from "./yaml.ts";

/** Names that compose looks for, the best first. */
const FILES = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/** Those that add to one of these, if they are beside it. */
const OVERRIDES = FILES.map((name) => name.replace(".", ".override."));

/** Options that stand before compose's command. */
export interface ProjectOptions {
  /** Later ones add to the first. Default: those in COMPOSE_FILE, or the one that compose finds with its override. */
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
  const own = await variablesOf(process, folder, options.envFile);
  const asked = options.name ?? own.values.COMPOSE_PROJECT_NAME;
  const name = asked ?? (await nameIn(files, own, process)) ?? folder.split("/").at(-1) ?? "";
  const variables: Variables = { ...own, values: { ...own.values, COMPOSE_PROJECT_NAME: name } };
  const content = await load(files, { process, folder, variables, including: [file] });
  for (const missing of variables.missing) {
    const why = `The \\"${missing}\\" variable is not set. Defaulting to a blank string.`;
    process.print("stderr", `time="${new Date().toISOString().slice(0, 19)}Z" level=warning msg="${why}"\n`);
  }
  const profiles = [...(options.profiles ?? []), ...(variables.values.COMPOSE_PROFILES ?? "").split(",")];
  const { values } = variables;
  return await projectOf(content, { name: projectName(name), folder, file, files, profiles, values, process });
}

/** The name that the last of the files gives. */
async function nameIn(files: readonly string[], variables: Variables, process: Process): Promise<string | undefined> {
  let found: string | undefined;
  for (const path of files) {
    const { name } = await readYaml(path, process);
    if (typeof name === "string") found = interpolate(name, variables, "name");
  }
  return found;
}

async function locate({ fs, cwd, env }: Process, { files = [], folder }: ProjectOptions): Promise<string[]> {
  const asked = files.length > 0 ? files : (env.COMPOSE_FILE ?? "").split(":").filter((file) => file !== "");
  const paths = asked.map((file) => fs.resolvePath(cwd, file));
  for (const path of paths) {
    if (!(await fs.exists(path))) throw new Refusal(fail(`open ${path}: no such file or directory\n`, 14));
  }
  if (paths.length > 0) return paths;
  const firstOf = async (names: readonly string[], place: string) => {
    for (const name of names) if (await fs.exists(`${place}/${name}`)) return fs.resolvePath(place, name);
    return undefined;
  };
  for (let place = fs.resolvePath(cwd, folder ?? "."); ; place = parent(place)) {
    const found = await firstOf(FILES, place);
    const override = found !== undefined && (await firstOf(OVERRIDES, place));
    if (found !== undefined) return [found, ...(override ? [override] : [])];
    if (place === "/") throw new Refusal(fail("no configuration file provided: not found\n", 14));
  }
}

/** What the file may mention: the environment first, then the project's `.env`. */
async function variablesOf(process: Process, folder: string, envPath: string | undefined): Promise<Variables> {
  const path = envPath === undefined ? `${folder}/.env` : process.fs.resolvePath(process.cwd, envPath);
  const isThere = envPath !== undefined || (await process.fs.exists(path));
  const file = isThere ? await envFileOfCompose(path, process, process.env) : {};
  return { values: { ...file, ...process.env }, missing: new Set() };
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
  /** Variables of the environment and of `.env`. */
  readonly values: Variables["values"];
  readonly process: Process;
}

const TOP = new Set(["version", "name", "services", "volumes", "networks", "secrets", "configs"]);
const TOP_KNOWN = new Set(["models"]);

async function projectOf(content: Content, place: Place): Promise<Project> {
  const { name, folder, file, files, profiles, values, process } = place;
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
        values,
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

/** Secrets or configs by their keys, with what each is of. */
function filesIn(value: unknown, key: string, file: string): ReadonlyMap<string, FileSource> {
  const entries = Object.entries(mapping(value ?? {}, key, file)).map(([name, options]): [string, FileSource] => {
    const { file: path, content, environment, ...others } = mapping(options ?? {}, `${key}.${name}`, file);
    unknownKey(others, OF_A_FILE, `${key}.${name}`, file);
    return [
      name,
      {
        ...(typeof path === "string" && { file: path }),
        ...(typeof content === "string" && { content }),
        ...(typeof environment === "string" && { environment }),
      },
    ];
  });
  return new Map(entries);
}

const OF_A_FILE = new Set(["external", "name", "labels", "driver", "driver_opts", "template_driver"]);

/** @throws Refusal if it is no mapping */
function mapping(value: unknown, path: string, file: string): Content {
  if (isMapping(value)) return value;
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
