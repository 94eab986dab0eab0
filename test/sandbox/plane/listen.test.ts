import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ListenOptions, listen } from "../../../src/sandbox/plane/listen.ts";

/** A port, whom it admits, and a way to call. */
async function port(options: Partial<ListenOptions>, admits: (said: string) => boolean = () => false) {
  const server = createServer((socket) => {
    socket.on("data", (said) => {
      if (admits(String(said))) listening.admit(socket);
      socket.write("heard");
    });
  });
  const listening = await listen(server, { port: 0, ...options });
  const call = async (says: string): Promise<Socket> => {
    const socket = connect({ host: "127.0.0.1", port: listening.port });
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    socket.write(says);
    await Promise.race([once(socket, "data"), once(socket, "close")]);
    return socket;
  };
  onTestFinished(() => listening.close());
  return { server, listening, call };
}

describe("a port that the sandbox listens on", () => {
  it("cuts off whoever has not shown in time who it is", async () => {
    const { call } = await port({ patience: 50 }, (said) => said === "key");
    const [friend, stranger] = [await call("key"), await call("hello")];
    if (!stranger.destroyed) await once(stranger, "close");
    expect(friend.destroyed).toBe(false);
  });

  it("makes room for the newest stranger by ending the oldest, never a friend", async () => {
    const { call } = await port({ strangers: 2 }, (said) => said === "key");
    const friend = await call("key");
    const strangers = [await call("1"), await call("2"), await call("3"), await call("4")];
    const [first, second, ...last] = strangers as [Socket, Socket, Socket, Socket];
    for (const ended of [first, second]) if (!ended.destroyed) await once(ended, "close");
    expect([friend, ...last].map(({ destroyed }) => destroyed)).toEqual([false, false, false]);
    expect(await call("key")).toMatchObject({ destroyed: false });
  });

  it("turns away who is one too many", async () => {
    const { call } = await port({ most: 2 }, () => true);
    const [one, two, three] = [await call("1"), await call("2"), await call("3")];
    if (!three.destroyed) await once(three, "close");
    expect([one.destroyed, two.destroyed]).toEqual([false, false]);
  });

  it("outlives a caller that it could not accept", async () => {
    const { server, call } = await port({}, () => true);
    server.emit("error", Object.assign(new Error("accept EMFILE"), { code: "EMFILE" }));
    expect(await call("key")).toMatchObject({ destroyed: false });
  });

  it("cuts all connections when it is closed", async () => {
    const { listening, call } = await port({}, () => true);
    const caller = await call("key");
    const gone = once(caller, "close");
    await listening.close();
    await gone;
    await expect(call("key")).rejects.toThrow("ECONNREFUSED");
  });
});
