import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { posix } from "node:path";
import { onThisComputer } from "../../packages/programs/files.ts";
import { bytesOf, type Context, own, setting } from "./context.ts";
import { type Exchange, remember } from "./exchange.ts";
import { type Location, locate } from "./locations.ts";
import { takeSteps } from "./steps.ts";
import { expand, fileOf } from "./variables.ts";

/** What a request gets. */
export type Outcome =
  | { readonly kind: "file"; readonly context: Context; readonly path: string; readonly stats: Stats }
  | { readonly kind: "proxy"; readonly context: Location; readonly url: string }
  /** An answer of nginx's own: a text, or where else to look for 3xx. */
  | { readonly kind: "own"; readonly context: Context; readonly status: number; readonly text: string };

/** How often a request is led on inside, before nginx takes it for a circle. */
const MOST_ROUNDS = 10;

/** What a request comes to. `name` is that of a named location (`@fallback`) that it goes on in. */
export async function outcomeOf(exchange: Exchange, name?: string): Promise<Outcome> {
  const { site } = exchange;
  const first = name === undefined ? takeSteps(site, exchange) : { kind: "on" as const };
  if (first.kind === "answer") return { ...first, kind: "own", context: site };
  let named = name;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const found = named === undefined ? locate(site.locations, exchange.uri) : namedLocation(site.locations, named);
    named = undefined;
    remember(exchange, found?.caught);
    const context = found?.location ?? site;
    if (found) {
      const step = takeSteps(found.location, exchange);
      if (step.kind === "answer") return { ...step, kind: "own", context };
      if (step.kind === "again") continue;
    }
    const next = await content(context, found?.location, exchange);
    if (typeof next !== "string") return next;
    if (next.startsWith("@")) named = next;
    else [exchange.uri = "", exchange.args = exchange.args] = next.split("?");
  }
  return { kind: "own", context: site, status: 500, text: "" };
}

function namedLocation(locations: readonly Location[], name: string) {
  const location = locations.find(({ kind, path }) => kind === "named" && path === name);
  return location && { location, caught: undefined };
}

/** A text: where to go on inside. */
async function content(
  context: Context,
  location: Location | undefined,
  exchange: Exchange,
): Promise<Outcome | string> {
  const limit = bytesOf(setting(context, "client_max_body_size")?.[0] ?? "1m");
  if (limit > 0 && Number(exchange.message.headers["content-length"] ?? 0) > limit) {
    return { kind: "own", context, status: 413, text: "" };
  }
  const tried = await tryFiles(context, exchange);
  if (tried !== undefined) return tried;
  const [pass] = location ? own(location, "proxy_pass") : [];
  if (pass && location)
    return { kind: "proxy", context: location, url: targetOf(pass.args[0] ?? "", location, exchange) };
  return files(context, exchange, fileOf(exchange, context));
}

/** The first of several files that is there. (https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files) */
async function tryFiles(context: Context, exchange: Exchange): Promise<Outcome | string | undefined> {
  const [directive] = own(context, "try_files");
  if (!directive) return undefined;
  const names = directive.args.slice(0, -1);
  for (const name of names) {
    const uri = expand(name, exchange, context);
    const path = fileOf({ ...exchange, uri }, context);
    const found = await stat(onThisComputer(path)).catch(() => undefined);
    // A slash at its end only says that a folder is meant.
    if (name.endsWith("/") ? !found?.isDirectory() : !found?.isFile()) continue;
    exchange.uri = uri.replace(/\/$/, "");
    return own(context, "proxy_pass").length > 0 ? undefined : files(context, exchange, path.replace(/\/$/, ""));
  }
  const last = directive.args.at(-1) ?? "";
  if (last.startsWith("=")) return { kind: "own", context, status: Number(last.slice(1)), text: "" };
  return last.startsWith("@") ? last : expand(last, exchange, context);
}

async function files(context: Context, exchange: Exchange, path: string): Promise<Outcome | string> {
  const refused = (status: number, text = ""): Outcome => ({ kind: "own", context, status, text });
  const { uri, message, args } = exchange;
  if (message.method !== "GET" && message.method !== "HEAD") return refused(405);
  const found = await stat(onThisComputer(path)).catch(() => undefined);
  if (!found) return refused(404);
  if (!found.isDirectory()) return uri.endsWith("/") ? refused(404) : { kind: "file", context, path, stats: found };
  if (!uri.endsWith("/")) {
    const port = exchange.port === 80 ? "" : `:${exchange.port}`;
    const query = args === "" ? "" : `?${args}`;
    return refused(301, `${expand("$scheme://$host", exchange)}${port}${encodeURI(uri)}/${query}`);
  }
  for (const name of setting(context, "index") ?? ["index.html"]) {
    const index = expand(name, exchange, context);
    const file = await stat(onThisComputer(posix.join(path, index))).catch(() => undefined);
    if (file?.isFile()) return posix.join(uri, index);
  }
  return refused(403);
}

/** Where `proxy_pass` leads: with a path in it, that takes the place of the location's. */
function targetOf(written: string, { path, kind }: Location, exchange: Exchange): string {
  const [, origin = "", rest = ""] = /^(https?:\/\/[^/]+)(\/.*)?$/s.exec(written) ?? [];
  if (written.includes("$")) {
    const url = expand(written, exchange);
    return /^https?:\/\/[^/]+$/.test(url) ? url + (exchange.message.url ?? "/") : url;
  }
  const isUnchanged = pathOf(exchange.message.url) === exchange.uri;
  const query = exchange.args === "" ? "" : `?${exchange.args}`;
  if (rest === "" || kind !== "prefix") {
    return origin + (isUnchanged ? exchange.message.url : encodeURI(exchange.uri) + query);
  }
  return origin + rest + encodeURI(exchange.uri.slice(path.length)) + query;
}

/** The path of a request: decoded, without `..` and doubled slashes; undefined: it is none, or leads out. */
export function pathOf(url = "/"): string | undefined {
  try {
    const path = decodeURIComponent(url.split("?")[0] ?? "");
    let depth = 0;
    for (const name of path.split("/")) {
      depth += name === ".." ? -1 : name === "" || name === "." ? 0 : 1;
      if (depth < 0) return undefined;
    }
    return path.startsWith("/") && !path.includes("\0") ? posix.normalize(path) : undefined;
  } catch {
    return undefined;
  }
}
