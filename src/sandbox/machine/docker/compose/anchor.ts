import { posix } from "node:path";
import { type Content, isMapping } from "./yaml.ts";

/** A text that is a path relative to somewhere becomes one from `/`. */
type Anchor = (value: unknown) => unknown;

/**
 * A compose file whose relative paths are meant from `folder`, and so can stand beside what comes from files elsewhere.
 * (compose file reference, "Include" and "Extends": "Relative paths")
 */
export function anchored(content: Content, folder: string): Content {
  const anchor: Anchor = (value) => (typeof value === "string" ? posix.resolve(folder, value) : value);
  const services = eachOf(content.services, (service) => changed(service, servicePaths(anchor)));
  const files = (value: unknown) => eachOf(value, (one) => changed(one, { file: anchor }));
  return {
    ...content,
    ...("services" in content && { services }),
    ...("secrets" in content && { secrets: files(content.secrets) }),
    ...("configs" in content && { configs: files(content.configs) }),
  };
}

function servicePaths(anchor: Anchor): Readonly<Record<string, Anchor>> {
  const folderOrAddress: Anchor = (value) =>
    typeof value === "string" && /^([\w+-]+:|git@)/.test(value) ? value : anchor(value);
  const contexts: Anchor = (value) =>
    Array.isArray(value)
      ? value.map((line) => String(line).replace(/(?<==).*/s, (path) => String(folderOrAddress(path))))
      : eachOf(value, folderOrAddress);
  return {
    build: (value) =>
      isMapping(value)
        ? changed({ context: ".", ...value }, { context: folderOrAddress, additional_contexts: contexts })
        : folderOrAddress(value),
    env_file: (value) => [value].flat().map((one) => (isMapping(one) ? changed(one, { path: anchor }) : anchor(one))),
    volumes: (value) => (Array.isArray(value) ? value.map((one) => mountFrom(one, anchor)) : value),
  };
}

/** `./data:/data` and the long form of a mount of files; a volume's name is no path. */
function mountFrom(mount: unknown, anchor: Anchor): unknown {
  if (isMapping(mount)) return mount.type === "bind" ? changed(mount, { source: anchor }) : mount;
  if (typeof mount !== "string" || !mount.startsWith(".")) return mount;
  const [source = "", ...rest] = mount.split(":");
  return [anchor(source), ...rest].join(":");
}

function changed(value: unknown, changes: Readonly<Record<string, Anchor>>): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, one === null ? one : (changes[key]?.(one) ?? one)]),
  );
}

function eachOf(value: unknown, change: Anchor): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, change(one)]));
}
