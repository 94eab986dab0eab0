type Content = Readonly<Record<string, unknown>>;

/** Lists that may be written as mappings too, and so are merged name by name. */
const NAMED = new Set(["environment", "labels", "args", "depends_on"]);
/** Lists that are one thing, of which a later file has another. */
const WHOLE = new Set(["command", "entrypoint", "test"]);

/**
 * What several compose files say together: mappings are merged, lists follow each other, of the rest the later file's
 * counts. (Compose file reference, "Merge and override")
 */
export function merge(first: Content, second: Content): Content {
  const merged: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    merged[key] = key in first ? mergeOne(key, first[key], value) : value;
  }
  return merged;
}

function mergeOne(key: string, first: unknown, second: unknown): unknown {
  if (second === null || second === undefined) return first;
  if (NAMED.has(key)) return { ...namedOf(key, first), ...namedOf(key, second) };
  if (isMapping(first) && isMapping(second)) return merge(first, second);
  if (!Array.isArray(first) || !Array.isArray(second) || WHOLE.has(key)) return second;
  if (key === "volumes") return byTarget([...first, ...second]);
  return [...new Set([...first, ...second])];
}

/** Of several volumes at one place the last one is there. */
function byTarget(volumes: readonly unknown[]): unknown[] {
  const targetOf = (volume: unknown) => {
    if (isMapping(volume)) return volume.target;
    const [source, target = source] = String(volume).split(":");
    return target;
  };
  return [...new Map(volumes.map((volume) => [targetOf(volume), volume])).values()];
}

function namedOf(key: string, value: unknown): Content {
  if (!Array.isArray(value)) return isMapping(value) ? value : {};
  const entries = value.map((line): [string, unknown] => {
    const text = String(line);
    if (key === "depends_on") return [text, { condition: "service_started" }];
    const at = text.indexOf("=");
    return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(entries);
}

function isMapping(value: unknown): value is Content {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
