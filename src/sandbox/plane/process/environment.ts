import { delimiter } from "node:path";
import type { RootFolder } from "./root-folder.ts";
import { systemEnvironment, systemPath } from "./toolchain.ts";

/**
 * The environment of a process of a container: the container's exactly as it is, but for what must hold on this
 * computer. PATH leads into the container's folder and to the user's Node; HOME is the folder of the container that it
 * names, and so are those where package managers keep things; TMPDIR (TEMP) and npm's prefix, where the container does not
 * set them, are folders of the container as well, so that nothing of the user's is touched.
 */
export function processEnvironment(
  container: Readonly<Record<string, string>>,
  root: RootFolder,
  user: string,
): Record<string, string> {
  const { PATH = "", HOME = homeOf(user), PWD: _PWD, OLDPWD: _OLDPWD, ...rest } = container;
  const folders = PATH.split(":").filter((folder) => folder.startsWith("/"));
  return {
    ...systemEnvironment(root.toHost("/tmp")),
    npm_config_prefix: root.toHost("/usr/local"),
    ...Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [name, KEPT.test(name) ? inRoot(value, root) : value]),
    ),
    HOME: root.toHost(HOME),
    PATH: [...folders.map((folder) => root.toHost(folder)), systemPath()].join(delimiter),
  };
}

/** Variables whose folder npm, pnpm, yarn and corepack write to. */
const KEPT =
  /^(PNPM_HOME|COREPACK_HOME|YARN_(CACHE_FOLDER|GLOBAL_FOLDER)|XDG_\w+_HOME|TMPDIR|npm_config_(prefix|cache|store_dir|userconfig))$/i;

function inRoot(path: string, root: RootFolder): string {
  return path.startsWith("/") ? root.toHost(path) : path;
}

/** Home folder of a user in a node image. */
export function homeOf(user: string): string {
  const name = user.split(":")[0];
  return name === "" || name === "root" || name === "0" ? "/root" : "/home/node";
}

/** `["A=b"]` as a record. */
export function parseEnv(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => [entry.split("=", 1)[0] ?? "", entry.slice(entry.indexOf("=") + 1)] as const),
  );
}
