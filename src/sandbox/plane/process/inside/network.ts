import dns from "node:dns";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { promisify } from "node:util";
import type { FromProcess, Interfaces, NetworkView } from "./scope.ts";

/**
 * The container's network inside one of its Node processes: names of the other containers have addresses, their ports
 * are led to those of 127.0.0.1 that stand for them, and whatever the process listens on is on 127.0.0.1 alone: at a port
 * that others are led to, or, if it is for the container's loopback interface, at one that only its own programs are led to.
 *
 * @param tell is called with what the sandbox does not know of yet
 */
export function installNetwork(viewFile: string, tell: Tell): void {
  const network = new Network(viewFile);
  patchConnect(network);
  patchListen(network, tell);
  patchLookup(network);
  syncBuiltinESMExports();
}

/** Addresses of containers, as docker gives them. Nothing on this computer has one. */
const CONTAINER_ADDRESS = /^172\.18\.\d+\.\d+$/;
const LOOPBACK = /^(localhost|127(\.\d+){3}|::1)$/i;
/** Who connects to them comes to the loopback interface. */
const UNSPECIFIED = new Set(["0.0.0.0", "::"]);

class Network {
  readonly #file: string;
  /** What this process itself listens on, before the sandbox has heard of it; see `NetworkView`. */
  readonly loopback = new Map<number, number | null>();

  constructor(file: string) {
    this.#file = file;
  }

  view(): NetworkView {
    try {
      return JSON.parse(readFileSync(this.#file, "utf8")) as NetworkView;
    } catch {
      return { hosts: {}, ports: {}, outside: {}, own: {}, loopback: {} };
    }
  }

  /** Where it is on this computer, or why it is not reached; undefined: no container's and no other name or address of ours. */
  route(host: string, port: number): Place | Failure | undefined {
    const view = this.view();
    if (LOOPBACK.test(host) || UNSPECIFIED.has(host)) {
      const local = { ...view.own, ...view.loopback, ...Object.fromEntries(this.loopback) }[port];
      if (local === null) return "ECONNREFUSED";
      return local === undefined ? undefined : { host: "127.0.0.1", port: local };
    }
    const address = view.hosts[host.toLowerCase()] ?? host;
    const outside = view.outside[`${address}:${port}`];
    // On AWS nothing answers until the client has lost its patience, which nobody needs to wait for here.
    if (outside !== undefined) return outside ?? "ETIMEDOUT";
    if (address === host && !CONTAINER_ADDRESS.test(host) && !isOutside(view, host)) return undefined;
    const local = view.ports[`${address}:${port}`];
    return local === undefined ? "ECONNREFUSED" : { host: "127.0.0.1", port: local };
  }
}

function isOutside({ outside }: NetworkView, address: string): boolean {
  return Object.keys(outside).some((place) => place.startsWith(`${address}:`));
}

/** A port of this computer. */
interface Place {
  readonly host: string;
  readonly port: number;
}
/** Why a connection fails, with the system's number for it. */
type Failure = keyof typeof FAILURES;
const FAILURES = { ECONNREFUSED: -111, ETIMEDOUT: -110 };

type Tell = (message: Extract<FromProcess, { readonly listens: number }>) => void;
type AnyFunction = (...args: unknown[]) => unknown;
type Method<This> = (this: This, ...args: unknown[]) => unknown;
type Options = Record<string, unknown>;

function patchConnect(network: Network): void {
  const prototype = net.Socket.prototype as unknown as { connect: Method<net.Socket> };
  const connect = prototype.connect;
  prototype.connect = function (this: net.Socket, ...args) {
    const options = connectOptions(args);
    if (!options || typeof options.path === "string") return connect.apply(this, args);
    const host = String(options.host ?? "localhost");
    const port = Number(options.port);
    const to = network.route(host, port);
    if (to === undefined) return connect.apply(this, args);
    if (typeof to === "string") return fail(this, to, host, port);
    return connect.apply(this, withOptions(args, { ...options, ...to }));
  };
}

/** The arguments of `connect`: (options), (port, host), or an array that net has made of those for itself. */
function connectOptions(args: unknown[]): Options | undefined {
  const [first, second] = args;
  if (Array.isArray(first)) return first[0] as Options;
  if (typeof first === "object" && first !== null) return first as Options;
  if (!isPort(first)) return undefined;
  return { port: Number(first), host: typeof second === "string" ? second : "localhost" };
}

function withOptions(args: unknown[], options: Options): unknown[] {
  const [first, ...rest] = args;
  if (Array.isArray(first)) {
    first[0] = options;
    return args;
  }
  const callback = rest.find((one) => typeof one === "function");
  return callback ? [options, callback] : [options];
}

function fail(socket: net.Socket, code: Failure, host: string, port: number): net.Socket {
  const error = Object.assign(new Error(`connect ${code} ${host}:${port}`), {
    errno: FAILURES[code],
    code,
    syscall: "connect",
    address: host,
    port,
  });
  process.nextTick(() => socket.destroy(error));
  return socket;
}

function patchListen(network: Network, tell: Tell): void {
  const prototype = net.Server.prototype as unknown as { listen: Method<net.Server> };
  const listen = prototype.listen;
  prototype.listen = function (this: net.Server, ...args) {
    const options = listenOptions(args);
    if (!options) return listen.apply(this, args);
    const { own, loopback: known } = network.view();
    const asked = Number(options.port);
    const port = portCalled(asked, own);
    const at = interfacesOf(options.host);
    const announced = at === "loopback" ? undefined : own[port];
    if (asked !== 0) tellPort(this, asked);
    this.once("listening", () => {
      // Who only looks whether a port is free has closed it again by now.
      const on = (net.Server.prototype.address.call(this) as net.AddressInfo | null)?.port;
      if (on === undefined || asked === 0) return;
      if (announced !== undefined && at === "all" && known[port] === undefined) return;
      if (at !== "all") network.loopback.set(port, at === "loopback" ? on : null);
      tell({ listens: port, on, at });
    });
    this.once("close", () => network.loopback.delete(port));
    const callback = args.findLast((one) => typeof one === "function");
    const local = { ...options, host: "127.0.0.1", port: announced ?? 0 };
    return listen.apply(this, callback ? [local, callback] : [local]);
  };
}

/** Has a server say that it is on the port that it was asked to listen on, not on the one of this computer. */
function tellPort(server: net.Server, port: number): void {
  const { address } = net.Server.prototype;
  server.address = () => {
    const found = address.call(server);
    return found && typeof found === "object" ? { ...found, port } : found;
  };
}

/** Of the host that `listen` was given. */
function interfacesOf(host: unknown): Interfaces {
  if (typeof host !== "string" || host === "" || UNSPECIFIED.has(host)) return "all";
  return LOOPBACK.test(host) ? "loopback" : "address";
}

/** What the container calls a port of which the process may have been told where it is on this computer. */
function portCalled(port: number, own: NetworkView["own"]): number {
  const called = Object.entries(own).find(([, local]) => local === port)?.[0];
  return called === undefined ? port : Number(called);
}

/** The arguments of `listen` as options; undefined: it is no TCP port. */
function listenOptions(args: unknown[]): Options | undefined {
  const [first, ...rest] = args;
  if (first === undefined || first === null || typeof first === "function") return { port: 0 };
  if (isPort(first)) {
    const [host] = rest;
    const backlog = rest.find((one) => typeof one === "number");
    return {
      port: Number(first),
      ...(typeof host === "string" && { host }),
      ...(backlog !== undefined && { backlog }),
    };
  }
  if (typeof first !== "object" || Array.isArray(first)) return undefined;
  const options = first as Options;
  const isTcp = options.path === undefined && options.fd === undefined && !("_handle" in options);
  return isTcp && (isPort(options.port) || "port" in options) ? { ...options, port: options.port ?? 0 } : undefined;
}

function isPort(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value));
}

function patchLookup(network: Network): void {
  const lookup = dns.lookup as unknown as AnyFunction;
  const addressOf = (host: unknown) => network.view().hosts[String(host).toLowerCase()];
  const ours: AnyFunction = (host, ...rest) => {
    const address = addressOf(host);
    const callback = rest.at(-1);
    if (address === undefined || typeof callback !== "function") return lookup(host, ...rest);
    const all = typeof rest[0] === "object" && (rest[0] as Options | null)?.all === true;
    process.nextTick(() => (all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4)));
    return {};
  };
  Object.defineProperty(ours, promisify.custom, {
    value: (host: string, options: unknown) => dns.promises.lookup(host, options as dns.LookupOptions),
  });
  const lookupPromise = dns.promises.lookup as unknown as AnyFunction;
  const oursPromise: AnyFunction = async (host, options) => {
    const address = addressOf(host);
    if (address === undefined) return lookupPromise(host, options);
    const found = { address, family: 4 };
    return (options as Options | undefined)?.all === true ? [found] : found;
  };
  Object.assign(dns, { lookup: ours });
  Object.assign(dns.promises, { lookup: oursPromise });
}
