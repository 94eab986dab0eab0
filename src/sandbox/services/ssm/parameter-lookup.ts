import { withSlash } from "../../world/parameters.ts";
import type { Parameter } from "../../world/records.ts";

/** Compares by name. */
export function byName(one: Parameter, other: Parameter): number {
  return one.Name < other.Name ? -1 : 1;
}

/** Whether a name is in a folder, or in one of those below it. */
export function isBelow(path: string, recursive: boolean): (name: string) => boolean {
  const folder = path.endsWith("/") ? path : `${path}/`;
  return (name) => {
    const full = withSlash(name);
    return full.startsWith(folder) && (recursive || !full.slice(folder.length).includes("/"));
  };
}
