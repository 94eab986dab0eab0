import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask, describeAnswer } from "../../../src/remote/app/ask.ts";

async function serving(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe("asking the app", () => {
  it("gives its status and its words", async () => {
    const port = await serving((_, response) => response.writeHead(503).end(JSON.stringify({ message: "sem tabela" })));
    const answer = await ask("127.0.0.1", port, "/api/tarefas");
    expect(answer).toMatchObject({ is: "answer", status: 503 });
    expect(describeAnswer(answer)).toBe("503 sem tabela");
  });

  it("tells nobody there from nobody reachable", async () => {
    const port = await serving(() => {});
    const closed = createSocketServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => closed.once("listening", resolve));
    const { port: free } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    expect(await ask("127.0.0.1", free, "/")).toEqual({ is: "refused", why: "ECONNREFUSED" });
    expect(port).not.toBe(free);
    // Broadcast: no connection to it can ever be made.
    expect(await ask("255.255.255.255", 3001, "/")).toEqual({ is: "unreachable" });
  });

  it("takes a server that hangs up for one that does not answer", async () => {
    const port = await serving((request) => request.socket.destroy());
    expect(await ask("127.0.0.1", port, "/")).toMatchObject({ is: "refused" });
  });
});
