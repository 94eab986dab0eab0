import type { IncomingMessage } from "node:http";
import type { Context } from "./context.ts";
import type { Location } from "./locations.ts";

/** A server of the configuration. */
export interface Site extends Context {
  readonly ports: readonly { readonly port: number; readonly isDefault: boolean }[];
  readonly names: readonly string[];
  readonly locations: readonly Location[];
}

/** A `map` block: a variable whose value depends on a text. */
export interface ValueMap {
  readonly source: string;
  readonly cases: readonly { readonly test: string | RegExp; readonly value: string }[];
  readonly otherwise: string;
}

/** What a configuration comes to. */
export interface Configuration {
  readonly http: Context;
  readonly sites: readonly Site[];
  /** Addresses as `host:port`, by the name of their `upstream`. */
  readonly upstreams: ReadonlyMap<string, readonly string[]>;
  /** By the name of the variable. */
  readonly maps: ReadonlyMap<string, ValueMap>;
}

/** A request on its way through the configuration. */
export interface Exchange {
  readonly message: IncomingMessage;
  readonly configuration: Configuration;
  readonly site: Site;
  /** That the site listens on, in the container. */
  readonly port: number;
  /** The path that is looked for at the moment: decoded, without `..`, as `$uri`. */
  uri: string;
  args: string;
  /** What the last regular expression caught. */
  caught: readonly (string | undefined)[];
  groups: Readonly<Record<string, string>>;
  /** Variables that `set` made. */
  readonly set: Map<string, string>;
  /** Of the answer, where `error_page` says so. */
  status: number | undefined;
}

/** What a regular expression caught is there for the variables `$1` to `$9`, and for those that it names. */
export function remember(exchange: Exchange, caught: RegExpExecArray | undefined): void {
  if (!caught) return;
  exchange.caught = [...caught];
  exchange.groups = { ...exchange.groups, ...caught.groups };
}
