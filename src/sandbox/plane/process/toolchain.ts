import { existsSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

/** The user's own Node, which stands for the Node of every image. */
export interface Toolchain {
  readonly node: string;
  /** `20.20.2` */
  readonly version: string;
  /** Scripts that npm and npx are; undefined: there is no npm beside this Node. */
  readonly npm: string | undefined;
  readonly npx: string | undefined;
}

let found: Toolchain | undefined;

export function toolchain(): Toolchain {
  found ??= findToolchain();
  return found;
}

function findToolchain(): Toolchain {
  const bin = dirname(process.execPath);
  const onPath = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const places = [
    join(bin, "node_modules", "npm"),
    resolve(bin, "..", "lib", "node_modules", "npm"),
    ...onPath.flatMap((folder) => [join(folder, "node_modules", "npm"), linkedNpm(join(folder, "npm"))]),
  ];
  const home = places.find((place) => place !== undefined && existsSync(join(place, "bin", "npm-cli.js")));
  const script = (name: string) => (home === undefined ? undefined : join(home, "bin", name));
  return {
    node: process.execPath,
    version: process.versions.node,
    npm: script("npm-cli.js"),
    npx: script("npx-cli.js"),
  };
}

/** `npm` is a link to `<its folder>/bin/npm-cli.js`. */
function linkedNpm(link: string): string | undefined {
  return existsSync(link) ? resolve(dirname(realpathSync(link)), "..") : undefined;
}

/** Folders in which child processes find `node`, `npm` and the programs of the system, as a PATH. */
export function systemPath(): string {
  const { node, npm } = toolchain();
  const npmFolder = npm && linkFolder(npm);
  const system =
    process.platform === "win32"
      ? [join(process.env.SystemRoot ?? "C:\\Windows", "System32")]
      : ["/usr/local/bin", "/usr/bin", "/bin"];
  return [...new Set([dirname(node), ...(npmFolder ? [npmFolder] : []), ...system])].join(delimiter);
}

/** `<prefix>/lib/node_modules/npm/bin/npm-cli.js` is called by `<prefix>/bin/npm`; on Windows npm.cmd is beside Node. */
function linkFolder(script: string): string | undefined {
  const prefix = resolve(dirname(script), "..", "..", "..");
  return [join(prefix, "..", "bin"), prefix, join(prefix, "..")].find(
    (folder) => existsSync(join(folder, "npm")) || existsSync(join(folder, "npm.cmd")),
  );
}

/** What a process needs of this computer to run at all. */
export function systemEnvironment(temporary: string): Record<string, string> {
  const needed = process.platform === "win32" ? ["SystemRoot", "windir", "ComSpec", "PATHEXT", "SystemDrive"] : [];
  const folders = process.platform === "win32" ? { TEMP: temporary, TMP: temporary } : { TMPDIR: temporary };
  return { ...pick(needed), ...folders };
}

/** How builds reach npm's registry, as the user's own npm does: proxy, certificates, settings and cache. */
export function registryEnvironment(): Record<string, string> {
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];
  const settings = Object.keys(process.env).filter(
    (name) => /^npm_config_/i.test(name) && !/prefix|global/i.test(name),
  );
  const userconfig = process.env.npm_config_userconfig ?? join(homedir(), ".npmrc");
  const cache = process.env.npm_config_cache ?? defaultCache(userconfig);
  return {
    ...pick([...proxies, "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", ...settings]),
    npm_config_userconfig: userconfig,
    npm_config_update_notifier: "false",
    ...(cache && { npm_config_cache: cache }),
  };
}

/** npm's own default; undefined: the user's settings name another one. */
function defaultCache(userconfig: string): string | undefined {
  if (existsSync(userconfig) && /^\s*cache\s*=/m.test(readFileSync(userconfig, "utf8"))) return undefined;
  if (process.platform === "win32") return join(process.env.LOCALAPPDATA ?? homedir(), "npm-cache");
  return join(homedir(), ".npm");
}

function pick(names: readonly string[]): Record<string, string> {
  const entries = names.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
