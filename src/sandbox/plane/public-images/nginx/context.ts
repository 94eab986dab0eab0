import type { Directive } from "./parse.ts";

/** `http`, a server, a location or an `if`, in the one that it stands in. */
export interface Context {
  readonly directives: readonly Directive[];
  readonly parent?: Context;
}

/** The directives of a name: those of the innermost context that has any, as nginx inherits them. */
export function nearest(context: Context | undefined, name: string): readonly Directive[] {
  for (let at = context; at; at = at.parent) {
    const found = at.directives.filter((one) => one.name === name);
    if (found.length > 0) return found;
  }
  return [];
}

/** The arguments of the one that counts. */
export function setting(context: Context | undefined, name: string): readonly string[] | undefined {
  return nearest(context, name).at(-1)?.args;
}

/** Those that stand in this very context. */
export function own({ directives }: Context, name: string): readonly Directive[] {
  return directives.filter((one) => one.name === name);
}

/** Bytes of `1m`, `512k`. */
export function bytesOf(size: string): number {
  const [, number = "", unit = ""] = /^(\d+)([kmg]?)$/i.exec(size) ?? [];
  return Number(number) * 1024 ** " kmg".indexOf(unit.toLowerCase() || " ");
}

/** Milliseconds of `60s`, `5m`, `60`. */
export function millisecondsOf(time: string): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  const [, number = "0", unit = "s"] = /^(\d+)(ms|[smhd])?$/.exec(time) ?? [];
  return Number(number) * (units[unit] ?? 1000);
}
