import { isDeepStrictEqual } from "node:util";
import { fail, type Process } from "../../program.ts";
import { Refusal, refuse } from "../client.ts";
import { anchored } from "./anchor.ts";
import { envFileOfCompose } from "./env-file.ts";
import { type ComposeFile, extended } from "./extends.ts";
import { interpolate, type Variables } from "./interpolate.ts";
import { merge } from "./merge.ts";
import { type Content, isMapping, readYaml } from "./yaml.ts";

interface Loading {
  readonly process: Process;
  /** Folder that relative paths are meant from. */
  readonly folder: string;
  readonly variables: Variables;
  /** The first file, and those that lead from it to here. */
  readonly including: readonly string[];
}

/**
 * What compose files say together: their variables filled in, with what they extend and include.
 *
 * @throws Refusal for what compose refuses
 */
export async function load(paths: readonly string[], loading: Loading): Promise<Content> {
  const contents: Content[] = [];
  for (const path of paths) contents.push(await extended(await open(path, loading)));
  const { include, ...own } = contents.reduce(merge);
  if (include === undefined || include === null) return own;
  if (!Array.isArray(include)) {
    throw new Refusal(fail(`validating ${paths[0]}: include must be a list\n`, 15));
  }
  let whole: Content = own;
  for (const one of include) whole = imported(whole, await included(one, loading));
  return whole;
}

async function open(path: string, loading: Loading): Promise<ComposeFile> {
  const content = interpolate(await readYaml(path, loading.process), loading.variables);
  return {
    path,
    content,
    async open(other) {
      const full = loading.process.fs.resolvePath(loading.folder, other);
      const file = await open(full, { ...loading, folder: parent(full) });
      return { ...file, content: anchored(file.content, parent(full)) };
    },
  };
}

/** Another project's files, with its own folder and its own `.env` (compose file reference, "Include"). */
async function included(one: unknown, { process, folder, variables, including }: Loading): Promise<Content> {
  const { path, project_directory: own, env_file: envFile } = isMapping(one) ? one : { path: one };
  const texts = (value: unknown) => (value === undefined || value === null ? [] : [value].flat().map(String));
  const written = texts(path);
  const remote = written.find((text) => /^([a-z]+:\/\/|git@|oci:)/.test(text));
  if (remote !== undefined) refuse(`including ${remote}; files of the machine are`);
  const paths = written.map((text) => process.fs.resolvePath(folder, text));
  const [first = ""] = paths;
  if (including.includes(first)) {
    const [start = "", ...way] = [...including, first];
    throw new Refusal(fail(`include cycle detected:\n${[start, ...way].join("\n include ")}\n`, 15));
  }
  const place = typeof own === "string" ? process.fs.resolvePath(folder, own) : parent(first);
  const envFiles = texts(envFile).map((text) => process.fs.resolvePath(folder, text));
  if (envFiles.length === 0 && (await process.fs.exists(`${place}/.env`))) envFiles.push(`${place}/.env`);
  const values: Record<string, string | undefined> = {};
  for (const file of envFiles) Object.assign(values, await envFileOfCompose(file, process, variables.values));
  const content = await load(paths, {
    process,
    folder: place,
    variables: { ...variables, values: { ...values, ...variables.values } },
    including: [...including, first],
  });
  return anchored(content, place);
}

const IMPORTED = ["services", "volumes", "networks", "secrets", "configs"];

/** Nothing that is included may stand for something that is there already. */
function imported(into: Content, from: Content): Content {
  const whole: Record<string, unknown> = { ...into };
  for (const section of IMPORTED) {
    const [own, others] = [into[section] ?? {}, from[section]];
    if (!isMapping(own) || !isMapping(others)) continue;
    const conflict = Object.keys(others).find((key) => key in own && !isDeepStrictEqual(own[key], others[key]));
    if (conflict !== undefined)
      throw new Refusal(fail(`${section}.${conflict} conflicts with imported resource\n`, 15));
    whole[section] = { ...others, ...own };
  }
  return whole;
}

/** The folder that a path is in. */
export function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
