import type { Context } from "./context.ts";
import type { Directive } from "./parse.ts";

/** A location of a server. */
export interface Location extends Context {
  /** As it is written after its modifier; of a named one with its `@`. */
  readonly path: string;
  readonly kind: "exact" | "prefix" | "regex" | "named";
  /** `^~`: no regular expression is looked at where it matches best. */
  readonly isFinal: boolean;
  readonly pattern?: RegExp;
  readonly locations: readonly Location[];
}

/** The locations that stand in a server or a location. */
export function locationsIn(context: Context): Location[] {
  return context.directives.filter(({ name }) => name === "location").map((one) => locationOf(one, context));
}

function locationOf({ args, block = [] }: Directive, parent: Context): Location {
  const [first = "", second] = args;
  const modifier = second === undefined ? "" : first;
  const path = second ?? first;
  const context = { directives: block, parent };
  const kind =
    modifier === "=" ? "exact" : modifier.startsWith("~") ? "regex" : path.startsWith("@") ? "named" : "prefix";
  return {
    ...context,
    path,
    kind,
    isFinal: modifier === "^~",
    ...(kind === "regex" && { pattern: new RegExp(path, modifier === "~*" ? "i" : "") }),
    locations: locationsIn(context),
  };
}

/** The location that a path is served by, and what its regular expression caught. (https://nginx.org/en/docs/http/ngx_http_core_module.html#location) */
export function locate(
  locations: readonly Location[],
  path: string,
): { readonly location: Location; readonly caught: RegExpExecArray | undefined } | undefined {
  const exact = locations.find((one) => one.kind === "exact" && one.path === path);
  if (exact) return { location: exact, caught: undefined };
  const prefixes = locations.filter((one) => one.kind === "prefix" && path.startsWith(one.path));
  const longest = prefixes.sort((a, b) => b.path.length - a.path.length)[0];
  const inside = longest && locate(longest.locations, path);
  if (inside) return inside;
  if (!longest?.isFinal) {
    for (const location of locations) {
      const caught = location.pattern?.exec(path);
      if (caught) return { location, caught };
    }
  }
  return longest && { location: longest, caught: undefined };
}
