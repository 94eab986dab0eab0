/**
 * nginx, as far as images of learners use it: files, `try_files`, `proxy_pass`, rewrites, and its own words for mistakes in a
 * configuration. (https://nginx.org/en/docs/)
 */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { dirname } from "node:path";
import { onThisComputer } from "../../packages/programs/files.ts";
import { answer, logError, type Upgraded } from "./answer.ts";
import { checkHosts, readConfiguration, siteFor } from "./configuration.ts";
import { setting } from "./context.ts";
import type { Configuration, Exchange } from "./exchange.ts";
import { pathOf } from "./outcome.ts";
import { ConfigError } from "./parse.ts";

const PID_FILE = "/run/nginx.pid";
const VERSION = process.env.NGINX_VERSION;

class Nginx {
  readonly #file: string;
  readonly #servers = new Map<number, Server>();
  #configuration: Configuration | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Reads the configuration, and serves by it from now on. @throws ConfigError */
  async load(): Promise<void> {
    const { configuration, lacking } = readConfiguration(this.#file);
    await checkHosts(configuration);
    if (lacking.length > 0) process.stderr.write(`bia-infra sandbox: without effect here: ${lacking.join(", ")}\n`);
    this.#configuration = configuration;
    const ports = new Set(configuration.sites.flatMap((site) => site.ports.map(({ port }) => port)));
    for (const port of ports) if (!this.#servers.has(port)) this.#servers.set(port, await this.#listen(port));
    for (const [port, server] of this.#servers) {
      if (ports.has(port)) continue;
      server.close();
      this.#servers.delete(port);
    }
  }

  #listen(port: number): Promise<Server> {
    const server = createServer((message, response) => this.#answer(port, message, response));
    server.on("upgrade", (message: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.on("error", () => {});
      const response = new ServerResponse(message);
      response.assignSocket(socket);
      this.#answer(port, message, response, { socket, head });
    });
    server.keepAliveTimeout = 65_000;
    return new Promise((done, fail) => {
      server.once("error", fail);
      server.listen(port, () => done(server));
    });
  }

  #answer(port: number, message: IncomingMessage, response: ServerResponse, upgraded?: Upgraded): void {
    const configuration = this.#configuration;
    const site = configuration && siteFor(configuration, port, message.headers.host ?? "");
    const uri = pathOf(message.url);
    if (!configuration || !site || uri === undefined) {
      response.writeHead(400, { Server: `nginx/${VERSION}` });
      response.end();
      return;
    }
    const args = message.url?.split("?").slice(1).join("?") ?? "";
    const exchange: Exchange = {
      message,
      configuration,
      site,
      port,
      uri,
      args,
      caught: [],
      groups: {},
      set: new Map(),
      status: undefined,
    };
    if (setting(site, "access_log")?.[0] !== "off") response.once("close", () => logAccess(message, response));
    answer(exchange, response, upgraded).catch((error: Error) => {
      logError("alert", error.message);
      response.destroy();
    });
  }

  stop(): void {
    for (const server of this.#servers.values()) {
      server.close();
      server.closeIdleConnections();
    }
  }
}

/** In the format "main" of the image's configuration. */
function logAccess({ socket, method, url, httpVersion, headers }: IncomingMessage, response: ServerResponse): void {
  const [day, month, date, year, time] = new Date()
    .toUTCString()
    .replace(",", "")
    .split(" ")
    .map((part, at, all) => (at === 1 ? all[2] : at === 2 ? all[1] : part));
  const at = day && `${date}/${month}/${year}:${time} +0000`;
  const quoted = (name: string) => JSON.stringify(headers[name] ?? "-");
  const size = response.getHeader("content-length") ?? 0;
  process.stdout.write(
    `${socket.remoteAddress ?? "127.0.0.1"} - - [${at}] "${method} ${url} HTTP/${httpVersion}" ${response.statusCode} ${size} ${quoted("referer")} ${quoted("user-agent")} ${quoted("x-forwarded-for")}\n`,
  );
}

/** Templates of the image: variables of the environment are filled in. (https://hub.docker.com/_/nginx, "Using environment variables") */
function fillTemplates(): void {
  const folder = process.env.NGINX_ENVSUBST_TEMPLATE_DIR ?? "/etc/nginx/templates";
  const output = process.env.NGINX_ENVSUBST_OUTPUT_DIR ?? "/etc/nginx/conf.d";
  const suffix = process.env.NGINX_ENVSUBST_TEMPLATE_SUFFIX ?? ".template";
  const place = onThisComputer(folder);
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) return;
  for (const name of readdirSync(place, { recursive: true }).map(String)) {
    if (!name.endsWith(suffix)) continue;
    const text = readFileSync(`${place}/${name}`, "utf8");
    const filled = text.replace(
      /\$(?:\{(\w+)\}|(\w+))/g,
      (whole, braced, plain) => process.env[braced ?? plain] ?? whole,
    );
    const target = onThisComputer(`${output}/${name.slice(0, -suffix.length)}`);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, filled);
  }
}

async function main(args: readonly string[]): Promise<number | undefined> {
  const optionOf = (option: string) => args[args.indexOf(option) + 1];
  const has = (option: string) => args.includes(option);
  if (has("-v") || has("-V")) {
    process.stderr.write(`nginx version: nginx/${VERSION}\n`);
    return 0;
  }
  const file = has("-c") ? (optionOf("-c") ?? "") : "/etc/nginx/nginx.conf";
  if (has("-s")) return signal(optionOf("-s") ?? "");
  try {
    if (has("-t") || has("-T")) {
      await checkHosts(readConfiguration(file).configuration);
      process.stderr.write(`nginx: the configuration file ${file} syntax is ok\n`);
      process.stderr.write(`nginx: configuration file ${file} test is successful\n`);
      return 0;
    }
    fillTemplates();
    const { main: directives } = readConfiguration(file);
    const isHere = /daemon\s+off/.test(has("-g") ? (optionOf("-g") ?? "") : "");
    if (!isHere && setting({ directives }, "daemon")?.[0] !== "off") return startBehind(args);
    await serve(file);
    return undefined;
  } catch (error) {
    return failed(error as Error);
  }
}

/** As a daemon, it goes on without the command that started it. */
function startBehind(args: readonly string[]): number {
  const own = process.argv[1] ?? "";
  spawn(process.execPath, [own, ...args, "-g", "daemon off;"], { detached: true, stdio: "inherit" }).unref();
  return 0;
}

async function serve(file: string): Promise<void> {
  const nginx = new Nginx(file);
  await nginx.load();
  mkdirSync(onThisComputer(dirname(PID_FILE)), { recursive: true });
  writeFileSync(onThisComputer(PID_FILE), `${process.pid}\n`);
  logError("notice", `nginx/${VERSION}`);
  logError("notice", "start worker processes");
  process.on("SIGHUP", () => void nginx.load().catch((error) => failed(error)));
  for (const one of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
    process.once(one, () => {
      nginx.stop();
      process.exit(0);
    });
  }
}

function failed(error: Error): number {
  if (error instanceof ConfigError) {
    logError("emerg", error.message);
    process.stderr.write(`nginx: [emerg] ${error.message}\n`);
  } else process.stderr.write(`${error.message}\n`);
  return 1;
}

/** `nginx -s reload` */
function signal(name: string): number {
  const signals: Readonly<Record<string, NodeJS.Signals>> = {
    reload: "SIGHUP",
    quit: "SIGQUIT",
    stop: "SIGTERM",
    reopen: "SIGUSR1",
  };
  const wanted = signals[name];
  if (wanted === undefined) {
    process.stderr.write(`nginx: invalid option: "-s ${name}"\n`);
    return 1;
  }
  try {
    if (wanted !== "SIGUSR1") process.kill(Number(readFileSync(onThisComputer(PID_FILE), "utf8")), wanted);
    return 0;
  } catch {
    process.stderr.write(`nginx: [error] open() "${PID_FILE}" failed (2: No such file or directory)\n`);
    return 1;
  }
}

main(process.argv.slice(2)).then((exitCode) => {
  if (exitCode !== undefined) process.exitCode = exitCode;
});
