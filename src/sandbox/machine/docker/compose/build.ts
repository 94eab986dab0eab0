import { posix } from "node:path";
import { refuse } from "../client.ts";
import { invalid, isSet, type Place, pairs } from "./place.ts";
import type { ServiceBuild } from "./project.ts";
import type { Content } from "./yaml.ts";

/** Keys of a build that say where it may take from and put to what it would make anyway, or how. */
const WITHOUT_EFFECT = new Set(
  (
    "cache_from cache_to entitlements extra_hosts isolation labels network no_cache platforms privileged provenance pull " +
    "sbom shm_size tags ulimits"
  ).split(" "),
);

/** Keys that the sandbox has not (https://docs.docker.com/reference/compose-file/build/). */
const NOT_HERE = new Set(["secrets", "ssh"]);

/** How a service's image is built. @throws Refusal */
export function buildOf(value: unknown, at: string, { folder, file, values, process }: Place): ServiceBuild {
  const build: Content = typeof value === "string" ? { context: value } : ((value ?? {}) as Content);
  const {
    context = ".",
    dockerfile,
    dockerfile_inline: inline,
    args,
    target,
    additional_contexts: more,
    ...others
  } = build;
  for (const key of Object.keys(others)) {
    if (NOT_HERE.has(key)) refuse(`the key ${at}.build.${key} of a compose file`);
    if (!WITHOUT_EFFECT.has(key) && !key.startsWith("x-"))
      throw invalid(file, `${at}.build Additional property ${key} is not allowed`);
  }
  if (typeof context !== "string") throw invalid(file, `${at}.build.context must be a string`);
  if (/^(https?|git|ssh):|^git@/.test(context)) refuse(`building from ${context}; folders are`);
  const place = process.fs.resolvePath(folder, context);
  return {
    context: place,
    ...(typeof dockerfile === "string" && { dockerfile: posix.relative(place, posix.resolve(place, dockerfile)) }),
    ...(typeof inline === "string" && { inline }),
    args: pairs(args, values),
    ...(isSet(target) && { target: String(target) }),
    contexts: Object.fromEntries(
      Object.entries(pairs(more, {})).map(([name, source]) => [name, contextOf(source, folder, `${at}.build`)]),
    ),
  };
}

/** A folder of the machine, or `docker-image://` and an image. */
function contextOf(source: string, folder: string, at: string): string {
  if (source.startsWith("docker-image://")) return source;
  if (/^([a-z][\w+-]*:|git@)/.test(source)) refuse(`${at}.additional_contexts from ${source}; folders and images are`);
  return posix.resolve(folder, source);
}
