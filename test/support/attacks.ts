import { connect, type Socket } from "node:net";

interface Place {
  readonly address: string;
  readonly port: number;
}

/** What a TLS client says first: a record of a handshake with a ClientHello in it, cut off. */
const CLIENT_HELLO = Buffer.concat([Buffer.from("16030100c8010000c40303", "hex"), Buffer.alloc(189, 7)]);

/** Texts and bytes that are nothing to whoever listens, or almost something. */
export const GARBAGE: readonly (string | Buffer)[] = [
  "GET / HTTP/1.1\r\n\r\n",
  "GET / HT",
  "\n\n\n",
  "{}\n",
  "null\n",
  "[1]\n",
  '"token"\n',
  '{"token":1,"pid":"x"}\n',
  '{"token":"nobody\'s","pid":1}\n{"rss":1}\n',
  '{"token":"half a l',
  "POST /_sandbox/shutdown HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 2\r\n\r\n{}",
  "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
  `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${"x".repeat(100_000)}\r\n\r\n`,
  "CONNECT x:1 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
  "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
  CLIENT_HELLO,
  Buffer.alloc(64),
  Buffer.alloc(64, 0xff),
  // PostgreSQL's SSLRequest with nothing after it, and a start of a million bytes.
  Buffer.from("0000000804d2162f", "hex"),
  Buffer.from("000f424000030000", "hex"),
  Buffer.from("ffffffff00030000", "hex"),
];

/** Sends something, ends its own half, and resolves once the other has hung up or had a moment to answer. */
export function say({ address, port }: Place, what: string | Buffer, moment = 100): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, allowHalfOpen: true });
    socket.on("error", () => {}).on("data", () => {});
    socket.once("close", () => resolve());
    socket.once("connect", () => socket.end(what));
    socket.setTimeout(moment, () => socket.destroy());
  });
}

/** Sends bytes and resets the connection at once. */
export function sayAndReset({ address, port }: Place, what: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    socket.on("error", () => {}).once("close", () => resolve());
    socket.once("connect", () => socket.write(what, () => socket.resetAndDestroy()));
  });
}

/** Sends one line that does not end, until it is a gigabyte or the other hangs up. Resolves with how much was taken. */
export function sendEndlessLine({ address, port }: Place, bytes = 1024 ** 3): Promise<number> {
  const chunk = Buffer.alloc(1024 ** 2, "a");
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    let sent = 0;
    const more = () => {
      while (sent < bytes && !socket.destroyed) {
        sent += chunk.length;
        if (!socket.write(chunk)) return;
      }
      socket.destroy();
    };
    socket.on("error", () => {}).on("data", () => {});
    socket.on("connect", more).on("drain", more);
    socket.once("close", () => resolve(sent));
    // Nobody reads it, and nobody hangs up.
    socket.setTimeout(2_000, () => socket.destroy());
  });
}

/** Opens connections, as many as one can have, and keeps them. */
export async function crowd({ address, port }: Place, size: number, says = ""): Promise<{ leave(): void }> {
  const sockets: Socket[] = [];
  for (let opened = 0; opened < size; opened += 500) {
    await Promise.all(
      Array.from(
        { length: Math.min(500, size - opened) },
        () =>
          new Promise<void>((resolve) => {
            const socket = connect({ host: address, port });
            sockets.push(socket);
            socket.on("error", () => resolve()).once("close", () => resolve());
            socket.once("connect", () => (says === "" ? resolve() : socket.write(says, () => resolve())));
            // Where the other side is slow to take us, the rest need not wait.
            socket.setTimeout(300, () => resolve());
          }),
      ),
    );
  }
  return {
    leave: () => {
      for (const socket of sockets) if (!socket.destroyed) socket.resetAndDestroy();
    },
  };
}
