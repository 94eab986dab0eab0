import { timingSafeEqual } from "node:crypto";
import { createSocket } from "node:dgram";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** The address that no other computer can reach. */
export const LOCALHOST = "127.0.0.1";

/** How many callers a port takes at once, where nothing else is said. */
const MOST_CALLERS = 1000;

/** How many of them may be strangers. */
const MOST_STRANGERS = 100;

/** How long a stranger may take to show who it is. */
const PATIENCE_MS = 20_000;

/** Where a server listens, and what it bears. */
export interface ListenOptions {
  /** Default: 127.0.0.1. */
  readonly address?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Callers at once, those that were admitted included; further ones are turned away. Default 1000. */
  readonly most?: number;
  /** Callers at once that are not admitted; one more ends the oldest of them, so that they lock out nobody. Default 100. */
  readonly strangers?: number;
  /** Milliseconds until a caller that was not admitted is cut off. Default: 20 s. */
  readonly patience?: number;
  /** True: the server is there for everybody, so nobody is a stranger to it. Default false. */
  readonly isPublic?: boolean;
}

/** A server that listens. */
export interface Listening {
  readonly address: string;
  readonly port: number;
  /** Says of a caller that it may be here: it has shown a key or token, or it is for another server to judge. */
  admit(caller: Socket): void;
  /** Cuts all connections and frees the port. */
  close(): Promise<void>;
}

/**
 * The one way in which the sandbox listens on a port, so that none can be had without this: whoever connects is a
 * stranger until it is admitted; strangers are few, are cut off after some seconds, and the oldest makes room for the
 * newest; no caller's end, and no failure to accept one, is an error that nobody listens to.
 *
 * @throws Error of node:net: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`
 */
export async function listen(server: Server, options: ListenOptions): Promise<Listening> {
  const {
    address = LOCALHOST,
    most = MOST_CALLERS,
    strangers: room = MOST_STRANGERS,
    patience = PATIENCE_MS,
    isPublic = false,
  } = options;
  const callers = new Set<Socket>();
  const strangers = new Map<Socket, NodeJS.Timeout>();
  const admit = (caller: Socket) => {
    clearTimeout(strangers.get(caller));
    strangers.delete(caller);
  };
  server.maxConnections = most;
  // Before the listeners of whoever made the server: theirs may admit the caller at once.
  server.prependListener("connection", (caller: Socket) => {
    callers.add(caller);
    caller.on("error", () => {});
    caller.once("close", () => {
      admit(caller);
      callers.delete(caller);
    });
    if (isPublic) return;
    strangers.set(caller, setTimeout(() => caller.destroy(), patience).unref());
    const [oldest] = strangers.keys();
    if (strangers.size > room) oldest?.destroy();
  });
  await opened(server, options.port, address);
  // From now on: a caller that could not be accepted, for want of file descriptors.
  server.on("error", () => {});
  return {
    address,
    port: (server.address() as AddressInfo).port,
    admit,
    close: () => {
      for (const caller of callers) caller.destroy();
      return closed(server);
    },
  };
}

/** Something that takes datagrams. */
export type ListeningUdp = Omit<Listening, "admit">;

/**
 * The one way in which the sandbox takes datagrams: each is answered with one or not at all, nothing is remembered of who
 * sent it, and none that cannot be sent is an error that nobody listens to.
 *
 * @param answer undefined: none is sent
 * @throws as `listen`
 */
export async function listenUdp(
  answer: (message: Buffer) => Buffer | undefined,
  { address = LOCALHOST, port }: Pick<ListenOptions, "address" | "port">,
): Promise<ListeningUdp> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  socket.on("error", () => {});
  socket.on("message", (message, from) => {
    const said = answer(message);
    if (said) socket.send(said, from.port, from.address, () => {});
  });
  return {
    address,
    port: socket.address().port,
    close: () => new Promise((resolve) => void socket.close(() => resolve())),
  };
}

/** A port that nobody listens on at this moment. @throws as `listen` */
export async function freePort(address = LOCALHOST, port = 0): Promise<number> {
  const probe = createServer();
  await opened(probe, port, address);
  const { port: found } = probe.address() as AddressInfo;
  await closed(probe);
  return found;
}

/** True where every address of 127.0.0.0/8 is this computer's, as on Linux; macOS has 127.0.0.1 alone. */
export async function hasLoopbackNetwork(): Promise<boolean> {
  return freePort("127.18.0.1").then(
    () => true,
    () => false,
  );
}

/** Whether somebody knows a secret, in a time that does not tell how much of it was right. */
export function isSecret(given: string, secret: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function opened(server: Server, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}
