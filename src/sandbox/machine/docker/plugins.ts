import { pluginFolders } from "../packages.ts";
import { fail, type Process } from "../program.ts";
import { Refusal } from "./client.ts";

/** From this release on Compose builds with this buildx or a newer one only (https://github.com/docker/compose/pull/13295). */
const DEMANDING_COMPOSE = [2, 40, 2];
const DEMANDED_BUILDX = [0, 17, 0];

/** Version of the compose plugin, e.g. `v2.23.3`; undefined where docker finds none that it can run. */
export function composeVersion(process: Process): string | undefined {
  return pluginVersion(process, "docker-compose", (content) => {
    const [, version, architecture] = /docker-compose (v\S+) linux-(\S+)/.exec(content) ?? [];
    return architecture === process.system.architecture ? version : undefined;
  });
}

/** Version of the buildx plugin, e.g. `v0.12.1`; undefined where docker finds none that it can run. */
export function buildxVersion(process: Process): string | undefined {
  return pluginVersion(process, "docker-buildx", (content) => {
    const [, version] = /buildx v?(\d+\.\d+\.\d+)/.exec(content) ?? [];
    return version === undefined ? undefined : `v${version}`;
  });
}

/** @throws {Refusal} the compose plugin does not build with the buildx that is there */
export function checkBuildx(process: Process): void {
  const compose = numbersOf(composeVersion(process));
  const buildx = numbersOf(buildxVersion(process));
  if (compare(compose, DEMANDING_COMPOSE) < 0 || compare(buildx, DEMANDED_BUILDX) >= 0) return;
  throw new Refusal(fail("compose build requires buildx 0.17.0 or later\n"));
}

function pluginVersion(
  { system, fs, env }: Process,
  name: string,
  versionIn: (content: string) => string | undefined,
): string | undefined {
  const own = env.HOME ? [`${env.HOME}/.docker/cli-plugins`] : [];
  for (const folder of [...own, ...pluginFolders]) {
    const node = system.disk.at(`${folder}/${name}`);
    if (node?.kind !== "file" || !fs.may(node, 1)) continue;
    const version = versionIn(node.content.toString());
    if (version !== undefined) return version;
  }
  return undefined;
}

function numbersOf(version = "0.0.0"): number[] {
  return version.replace(/^v/, "").split(".").map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, index) => number !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
