import { readFile } from "node:fs/promises";
import { posix } from "node:path";
import { bundled } from "../bundled.ts";
import type { LayerEntry } from "../image/layer.ts";
import { working } from "./catalogue.ts";
import { BASH, EXECUTES, FOLDER, NOT_EMULATED } from "./places.ts";

/** A bundle of programs, by its file in an image, and its first file. */
const BUNDLES = {
  "container-programs.cjs": "packages/programs/main.ts",
  "container-jq.cjs": "packages/programs/jq.ts",
};
type Bundle = keyof typeof BUNDLES;
/** Programs of ours for Node: they see the container's network as its own programs do. */
const FOR_NODE: ReadonlyMap<string, Bundle> = new Map([
  ...["curl", "wget", "nc", "stress", "pg_isready", "psql", "yarn", "yarnpkg", "pnpm", "pnpx", "corepack"].map(
    (name) => [name, "container-programs.cjs"] as const,
  ),
  ["jq", "container-jq.cjs"],
]);
const OPERANDS: Readonly<Record<string, number>> = { tini: 0, "dumb-init": 0, gosu: 1, "su-exec": 1 };
/** What node images have beside Node. */
const OF_NODE = new Set(["yarn", "yarnpkg", "pnpm", "pnpx", "corepack"]);
/** Where Alpine has a program, if it is not in /usr/bin. */
const ON_ALPINE: Readonly<Record<string, string>> = { tini: "sbin/tini", "su-exec": "sbin/su-exec" };

/** The files by which an image has commands, with the folders that they are in. */
export async function filesOf(commands: readonly string[], isAlpine: boolean): Promise<LayerEntry[]> {
  const files = await Promise.all(commands.map((name) => filesOfOne(name, isAlpine)));
  const bundles = new Set(commands.flatMap((name) => FOR_NODE.get(name) ?? []));
  const own = await Promise.all([...bundles].map(async (name) => file(`${FOLDER}/${name}`, await code(name), 0o644)));
  const all = [...own, ...files.flat()];
  const folders = new Set(all.flatMap(({ path }) => parentsOf(path)));
  return [...[...folders].sort().map((path): LayerEntry => ({ path, type: "directory", mode: 0o755 })), ...all];
}

function filesOfOne(name: string, isAlpine: boolean): LayerEntry[] {
  const usual = OF_NODE.has(name) ? `usr/local/bin/${name}` : `usr/bin/${name}`;
  const path = (isAlpine ? ON_ALPINE[name] : undefined) ?? usual;
  const bundle = FOR_NODE.get(name);
  if (!working.has(name)) return [file(`${NOT_EMULATED.slice(1)}/${name}`, "", 0o644)];
  if (name === "bash") return [file(BASH.slice(1), "", 0o644)];
  const operands = OPERANDS[name];
  if (operands !== undefined) return [file(path, `#!/usr/bin/${EXECUTES} ${operands}\n`, 0o755)];
  return [
    file(`${FOLDER}/${name}.cjs`, `#!/usr/bin/env node\nrequire("./${bundle}");\n`, 0o755),
    { path, type: "symlink", target: posix.relative(posix.dirname(path), `${FOLDER}/${name}.cjs`) },
  ];
}

function file(path: string, text: string, mode: number): LayerEntry {
  return { path, type: "file", mode, content: Buffer.from(text) };
}

function parentsOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}

const known = new Map<Bundle, Promise<string>>();

function code(name: Bundle): Promise<string> {
  const text = known.get(name) ?? read(name);
  known.set(name, text);
  return text;
}

async function read(name: Bundle): Promise<string> {
  const bundle = await bundled(name, BUNDLES[name]);
  return "file" in bundle ? readFile(bundle.file, "utf8") : bundle.code;
}
