import { connect, createServer, type Server, type Socket } from "node:net";

const LOCALHOST = "127.0.0.1";

/** A port that leads to another one of this computer. */
export interface Forward {
  readonly address: string;
  readonly port: number;
  /** Cuts all connections and frees the port. */
  close(): Promise<void>;
}

/**
 * Leads TCP connections from an address and port to a port of 127.0.0.1.
 *
 * @param port 0: any free one
 * @param local the port, or who knows it once somebody connects; what that throws is told by `refusal`
 * @param refusal last words to a client that there is no port for; absent: its connection is reset
 * @throws Error of node:net: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`
 */
export async function forward(
  address: string,
  port: number,
  local: number | (() => Promise<number>),
  refusal?: (error: unknown) => Buffer,
): Promise<Forward> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };
  const lead = (socket: Socket, to: number) => {
    if (socket.destroyed) return;
    const target = connect({ port: to, host: LOCALHOST, allowHalfOpen: true });
    keep(target);
    // Whoever is at the other end finds its connection reset, as it would without us.
    socket.once("error", () => target.destroy());
    target.once("error", () => socket.destroy());
    socket.pipe(target);
    target.pipe(socket);
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    keep(socket);
    // One that nobody listens to would end this process.
    socket.on("error", () => {});
    if (typeof local === "number") return lead(socket, local);
    local().then(
      (to) => lead(socket, to),
      (error) => (refusal ? socket.end(refusal(error)) : socket.destroy()),
    );
  });
  const listening = await listen(server, port, address);
  return {
    address,
    port: listening,
    close() {
      for (const socket of sockets) socket.destroy();
      return close(server);
    },
  };
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, 0, LOCALHOST);
  await close(server);
  return port;
}

/** True where every address of 127.0.0.0/8 is this computer's, as on Linux; macOS has 127.0.0.1 alone. */
export async function hasLoopbackNetwork(): Promise<boolean> {
  const server = createServer();
  try {
    await listen(server, 0, "127.18.0.1");
    await close(server);
    return true;
  } catch {
    return false;
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}
