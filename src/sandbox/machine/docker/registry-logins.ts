import type { Process } from "../program.ts";
import type { DockerEngine, Image, RegistryLogin } from "./engine.ts";

/** Docker's own registry, which a name without a host means. */
const HUB = "docker.io";

/** Host of the registry that an image's name tells of. */
export function hostOf(reference: string): string {
  const [first = "", ...rest] = reference.split("/");
  return rest.length > 0 && (/[.:]/.test(first) || first === "localhost") ? first : HUB;
}

/** What the user logged in with at a registry; undefined: nothing. Docker keeps it in its configuration file, as base64. */
export async function loginOf(host: string, process: Process): Promise<RegistryLogin | undefined> {
  const { auths = {} } = await readConfig(process);
  const [username, ...password] = Buffer.from(auths[host]?.auth ?? "", "base64")
    .toString()
    .split(":");
  return username ? { username, password: password.join(":") } : undefined;
}

/** @returns the file that it is kept in */
export async function keepLogin(host: string, login: RegistryLogin, process: Process): Promise<string> {
  const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  const config = await readConfig(process);
  return writeConfig({ ...config, auths: { ...config.auths, [host]: { auth } } }, process);
}

/** @returns false if there was no login */
export async function forgetLogin(host: string, process: Process): Promise<boolean> {
  const config = await readConfig(process);
  const { [host]: known, ...auths } = config.auths ?? {};
  if (known) await writeConfig({ ...config, auths }, process);
  return known !== undefined;
}

/** Brings an image from wherever its name tells, with what the user has logged in with there. */
export async function pullImage(
  { images, registries }: DockerEngine,
  reference: string,
  process: Process,
  onProgress: (line: string) => void,
): Promise<Image> {
  const host = hostOf(reference);
  if (!registries.has(host)) return images.pull(reference, onProgress);
  return registries.pull(reference, await loginOf(host, process), onProgress);
}

interface Config {
  readonly auths?: Readonly<Record<string, { readonly auth?: string }>>;
}

/** Folder of the docker client's configuration; where HOME is not set, docker takes the user's from /etc/passwd. */
function folderOf({ env, user, fs, cwd }: Process): string {
  return fs.resolvePath(cwd, env.DOCKER_CONFIG ?? `${env.HOME ?? user.home}/.docker`);
}

async function readConfig(process: Process): Promise<Config> {
  const file = `${folderOf(process)}/config.json`;
  if (!(await process.fs.exists(file))) return {};
  return JSON.parse(await process.fs.readFile(file)) as Config;
}

async function writeConfig(config: Config, process: Process): Promise<string> {
  const { fs } = process;
  const folder = folderOf(process);
  if (!(await fs.exists(folder))) {
    await fs.mkdir(folder, { recursive: true });
    await fs.chmod(folder, 0o700);
  }
  const file = `${folder}/config.json`;
  await fs.writeFile(file, `${JSON.stringify(config, null, "\t")}\n`);
  await fs.chmod(file, 0o600);
  return file;
}
