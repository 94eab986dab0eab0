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
 * @throws Error of node:net: `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`
 */
export async function forward(address: string, port: number, local: number): Promise<Forward> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const target = connect({ port: local, host: LOCALHOST, allowHalfOpen: true });
    for (const one of [socket, target]) {
      sockets.add(one);
      one.once("close", () => sockets.delete(one));
      // Whoever is at the other end finds its connection reset, as it would without us.
      one.once("error", () => {
        socket.destroy();
        target.destroy();
      });
    }
    socket.pipe(target);
    target.pipe(socket);
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
