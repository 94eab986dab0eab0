import { lookup } from "node:dns/promises";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { basename, dirname, posix } from "node:path";
import { onThisComputer } from "../../packages/programs/files.ts";
import type { Context } from "./context.ts";
import { checkDirectives } from "./directives.ts";
import type { Configuration, Site, ValueMap } from "./exchange.ts";
import { locationsIn } from "./locations.ts";
import { ConfigError, type Directive, parseConfig } from "./parse.ts";

const FOLDER = "/etc/nginx";

/**
 * Reads the configuration with what it includes.
 *
 * @returns it, and what of it has no effect here
 * @throws ConfigError in nginx's words; Error for what is refused here
 */
export function readConfiguration(file: string): {
  configuration: Configuration;
  main: readonly Directive[];
  lacking: string[];
} {
  const main = readFile(file);
  const lacking = checkDirectives(main);
  const http: Context = { directives: main.find(({ name }) => name === "http")?.block ?? [] };
  const blocks = (name: string) => http.directives.filter((one) => one.name === name);
  const upstreams = blocks("upstream").map(({ args, block = [] }): [string, string[]] => {
    const servers = block.filter(({ name, args: [, ...options] }) => name === "server" && !options.includes("down"));
    return [args[0] ?? "", servers.map((server) => server.args[0] ?? "")];
  });
  const maps = blocks("map").map((one): [string, ValueMap] => [(one.args[1] ?? "").slice(1), mapOf(one)]);
  const sites = blocks("server").map((one) => siteOf(one, http));
  return {
    configuration: { http, sites, upstreams: new Map(upstreams), maps: new Map(maps) },
    main,
    lacking: [...new Set(lacking)],
  };
}

function readFile(path: string, from?: Directive): Directive[] {
  const place = onThisComputer(path);
  if (!existsSync(place)) {
    const why = `open() "${path}" failed (2: No such file or directory)`;
    throw from ? new ConfigError(why, from) : new Error(`nginx: [emerg] ${why}`);
  }
  return parseConfig(readFileSync(place, "utf8"), path, (pattern) =>
    matching(posix.resolve(FOLDER, pattern)).flatMap((one) =>
      readFile(one, { name: "include", args: [], file: path, line: 1 }),
    ),
  );
}

/** The files that a pattern means, whose stars stand in the last name. */
function matching(pattern: string): string[] {
  const name = basename(pattern);
  if (!/[*?]/.test(name)) return [pattern];
  const test = new RegExp(
    `^${name
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", "[^/]*")
      .replaceAll("?", ".")}$`,
  );
  const folder = dirname(pattern);
  const there = existsSync(onThisComputer(folder)) ? readdirSync(onThisComputer(folder)) : [];
  return there
    .filter((one) => test.test(one) && !one.startsWith("."))
    .sort()
    .map((one) => posix.join(folder, one));
}

function mapOf({ args, block = [] }: Directive): ValueMap {
  const cases = block.flatMap(({ name, args: [value = ""] }) => {
    if (name === "default" || name === "hostnames" || name === "volatile") return [];
    const [, insensitive, pattern] = /^~(\*?)(.*)$/s.exec(name) ?? [];
    const test = pattern === undefined ? name : new RegExp(pattern, insensitive ? "i" : "");
    return [{ test, value }];
  });
  return { source: args[0] ?? "", cases, otherwise: block.find(({ name }) => name === "default")?.args[0] ?? "" };
}

function siteOf({ block = [] }: Directive, parent: Context): Site {
  const context = { directives: block, parent };
  const listens = block.filter(({ name }) => name === "listen");
  const ports = listens.flatMap((directive) => {
    const [place = "", ...options] = directive.args;
    if (place.startsWith("unix:")) return [];
    const port = /^(?:.*:)?(\d+)$/.exec(place)?.[1] ?? (/^[\w.*[\]:-]+$/.test(place) ? "80" : undefined);
    if (port === undefined) throw new ConfigError(`invalid port in "${place}" of the "listen" directive`, directive);
    if (options.includes("ssl")) return [];
    return [{ port: Number(port), isDefault: options.includes("default_server") }];
  });
  const names = block.filter(({ name }) => name === "server_name").flatMap(({ args }) => args);
  return {
    ...context,
    ports: listens.length > 0 ? ports : [{ port: 80, isDefault: false }],
    names,
    locations: locationsIn(context),
  };
}

/** The site that a name is served by on a port. (https://nginx.org/en/docs/http/request_processing.html) */
export function siteFor({ sites }: Configuration, port: number, host: string): Site | undefined {
  const there = sites.filter(({ ports }) => ports.some((one) => one.port === port));
  const isDefault = ({ ports }: Site) => ports.some((one) => one.port === port && one.isDefault);
  const name = host.replace(/:\d+$/, "").toLowerCase();
  const by = (test: (name: string) => boolean) => there.find(({ names }) => names.some(test));
  return (
    by((one) => one.toLowerCase() === name) ??
    by((one) => /^[.*]/.test(one) && (name.endsWith(one.replace(/^\*/, "")) || `.${name}` === one)) ??
    by((one) => one.endsWith(".*") && name.startsWith(one.slice(0, -1))) ??
    by((one) => one.startsWith("~") && new RegExp(one.slice(1)).test(name)) ??
    there.find(isDefault) ??
    there[0]
  );
}

/** nginx looks names up when it starts, and does not start where one of them is unknown. @throws ConfigError */
export async function checkHosts({ http, upstreams }: Configuration): Promise<void> {
  const check = async (host: string, directive: Directive) => {
    const name = host.replace(/:\d+$/, "");
    if (isIP(name.replace(/^\[|\]$/g, "")) || name.includes("$") || name.startsWith("unix:")) return;
    await lookup(name).catch(() => {
      throw new ConfigError(`host not found in upstream "${name}"`, directive);
    });
  };
  const walk = async (directives: readonly Directive[]): Promise<void> => {
    for (const directive of directives) {
      const { name, args, block } = directive;
      if (name === "upstream")
        for (const one of block ?? []) if (one.name === "server") await check(one.args[0] ?? "", one);
      if (name === "proxy_pass") {
        const host = /^https?:\/\/([^/]+)/.exec(args[0] ?? "")?.[1];
        if (host === undefined && !args[0]?.includes("$")) throw new ConfigError("invalid URL prefix", directive);
        if (host !== undefined && !upstreams.has(host)) await check(host, directive);
      }
      if (name !== "upstream") await walk(block ?? []);
    }
  };
  await walk(http.directives);
}
