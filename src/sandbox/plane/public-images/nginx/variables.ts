import { hostname } from "node:os";
import { posix } from "node:path";
import type { Context } from "./context.ts";
import { setting } from "./context.ts";
import type { Exchange, ValueMap } from "./exchange.ts";
import type { Location } from "./locations.ts";

/** A text of the configuration with its variables filled in. */
export function expand(text: string, exchange: Exchange, context?: Context): string {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, plain) => variable(braced ?? plain, exchange, context));
}

/** https://nginx.org/en/docs/http/ngx_http_core_module.html#variables; what is unknown is empty. */
function variable(name: string, exchange: Exchange, context: Context | undefined): string {
  const { message, site, uri, args, caught, groups, set, configuration } = exchange;
  if (/^\d$/.test(name)) return caught[Number(name)] ?? "";
  const known = set.get(name) ?? groups[name];
  if (known !== undefined) return known;
  const map = configuration.maps.get(name);
  if (map) return mapped(map, expand(map.source, exchange, context));
  const { headers, socket } = message;
  const header = (key: string) => [headers[key] ?? ""].flat().join(key === "cookie" ? "; " : ", ");
  if (name.startsWith("http_")) return header(name.slice(5).replaceAll("_", "-"));
  if (name.startsWith("arg_")) return new URLSearchParams(args).get(name.slice(4)) ?? "";
  if (name.startsWith("cookie_")) return cookie(header("cookie"), name.slice(7));
  const remote = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const values: Readonly<Record<string, () => string>> = {
    uri: () => uri,
    document_uri: () => uri,
    request_uri: () => message.url ?? "/",
    request_method: () => message.method ?? "",
    request: () => `${message.method} ${message.url} HTTP/${message.httpVersion}`,
    request_filename: () => fileOf(exchange, context),
    document_root: () => setting(context, "root")?.[0] ?? "html",
    args: () => args,
    query_string: () => args,
    is_args: () => (args === "" ? "" : "?"),
    host: () => hostOf(exchange),
    hostname: () => process.env.HOSTNAME ?? hostname(),
    server_name: () => site.names[0] ?? "",
    server_port: () => String(exchange.port),
    server_protocol: () => `HTTP/${message.httpVersion}`,
    server_addr: () => "127.0.0.1",
    scheme: () => "http",
    remote_addr: () => remote,
    remote_port: () => String(socket.remotePort ?? ""),
    binary_remote_addr: () => remote,
    proxy_add_x_forwarded_for: () => [header("x-forwarded-for"), remote].filter((one) => one !== "").join(", "),
    content_type: () => header("content-type"),
    content_length: () => header("content-length"),
    status: () => String(exchange.status ?? ""),
    time_iso8601: () => new Date().toISOString(),
    msec: () => String(Date.now() / 1000),
    nginx_version: () => process.env.NGINX_VERSION ?? "",
  };
  return values[name]?.() ?? "";
}

function mapped({ cases, otherwise }: ValueMap, text: string): string {
  const found = cases.find(({ test }) =>
    typeof test === "string" ? test.toLowerCase() === text.toLowerCase() : test.test(text),
  );
  return found?.value ?? otherwise;
}

function cookie(header: string, name: string): string {
  const pair = header.split(/;\s*/).find((one) => one.startsWith(`${name}=`));
  return pair?.slice(name.length + 1) ?? "";
}

/** Without its port; the site's name where a client names none. */
function hostOf({ message, site }: Exchange): string {
  return (message.headers.host ?? site.names[0] ?? "").replace(/:\d+$/, "").toLowerCase();
}

/** The file that a path stands for, by `root` or `alias`. */
export function fileOf(exchange: Exchange, context: Context | undefined): string {
  const { uri } = exchange;
  const location = context as Location | undefined;
  const alias = location?.directives.find(({ name }) => name === "alias")?.args[0];
  if (alias !== undefined && location) {
    const place = expand(alias, { ...exchange }, undefined);
    return location.kind === "regex" ? place : place + uri.slice(location.path.length);
  }
  const root = setting(context, "root")?.[0] ?? "html";
  return posix.resolve("/etc/nginx", expand(root, exchange)).replace(/\/$/, "") + uri;
}
