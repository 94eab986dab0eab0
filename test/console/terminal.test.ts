import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { Feed } from "../../src/console/feed.ts";
import { type ConsoleServer, serveConsole } from "../../src/console/server.ts";
import type { PageTerminal } from "../../src/console/terminal.ts";

/** A terminal that somebody has opened, and what it is about. */
interface Opened {
  readonly place: string;
  readonly terminal: PageTerminal;
  readonly signal: AbortSignal;
  /** Ends the work in it. */
  end(error?: Error): void;
}

const LOG = { run: async () => undefined, traffic: async () => "[]", log: async () => {} };
let server: ConsoleServer;
let opened: Promise<Opened>;

beforeEach(async () => {
  let open: (opened: Opened) => void;
  opened = new Promise((resolve) => {
    open = resolve;
  });
  const terminal = (place: string, terminal: PageTerminal, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      open({ place, terminal, signal, end: (error) => (error ? reject(error) : resolve()) });
    });
  server = await serveConsole(new Feed(), { ...LOG, terminal }, 0);
});
afterEach(() => server.close());

function connect(path: string, headers: Record<string, string> = {}, url = server.url): WebSocket {
  const address = new URL(path, url);
  address.protocol = "ws:";
  return new WebSocket(address, { headers });
}

/** Of a request that becomes no WebSocket: how it was answered. */
async function answerTo(socket: WebSocket): Promise<{ status: number; body: string }> {
  const [, response] = await once(socket, "unexpected-response");
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, body };
}

describe("a terminal of the console", () => {
  it("is refused without the token, to pages of other origins, and by other names", async () => {
    const { pathname, host, origin } = new URL(server.url);
    const other = pathname.replace(/^\/./, (start) => (start === "/a" ? "/b" : "/a"));
    const forbidden = { status: 403, body: "Forbidden" };
    expect(await answerTo(connect("/terminals/i-1"))).toEqual(forbidden);
    expect(await answerTo(connect(`${other}terminals/i-1`))).toEqual(forbidden);
    expect(await answerTo(connect("terminals/i-1", { origin: "https://example.com" }))).toEqual(forbidden);
    expect(await answerTo(connect("terminals/i-1", { origin: `https://${host}` }))).toEqual(forbidden);
    expect(await answerTo(connect("terminals/i-1", { host: "example.com" }))).toEqual(forbidden);
    await once(connect("terminals/i-1", { origin }), "open");
    expect((await opened).place).toBe("i-1");
  });

  it("is not there where the page has none, as on aws, nor by any other path", async () => {
    const without = await serveConsole(new Feed(), LOG, 0);
    try {
      expect(await answerTo(connect("terminals/i-1", {}, without.url))).toEqual({ status: 404, body: "Not Found" });
    } finally {
      await without.close();
    }
    for (const path of ["events", "terminals/", "terminals/a/b", "terminals/%2e%2e"])
      expect(await answerTo(connect(path)), path).toMatchObject({ status: 404 });
  });

  it("types, shows, and tells of its size", async () => {
    const client = connect("terminals/task.web");
    await once(client, "open");
    const { terminal } = await opened;
    expect(terminal.stdout).toMatchObject({ isTTY: true, columns: 80, rows: 24 });
    client.send(JSON.stringify({ columns: 132, rows: 43 }));
    await once(terminal.stdout, "resize");
    expect(terminal.stdout).toMatchObject({ columns: 132, rows: 43 });
    client.send(JSON.stringify({ text: "ação\r" }));
    const [typed] = await once(terminal.stdin, "data");
    expect(String(typed)).toBe("ação\r");
    terminal.stdout.write("olá\n");
    const [shown] = await once(client, "message");
    expect(String(shown)).toBe("olá\n");
  });

  it("ends when the work in it does, which says why where it could not be done", async () => {
    const client = connect("terminals/i-1");
    const { end } = await opened;
    end(new Error("i-1 is not there any more"));
    const [said] = await once(client, "message");
    expect(String(said)).toContain("i-1 is not there any more");
    expect((await once(client, "close"))[0]).toBe(1000);
  });

  it("ends the work in it when the page is closed", async () => {
    const client = connect("terminals/i-1");
    const { signal, terminal } = await opened;
    await once(client, "open");
    client.terminate();
    if (!signal.aborted) await once(signal, "abort");
    terminal.stdout.write("to nobody");
  });

  it("is closed with the console", async () => {
    const client = connect("terminals/i-1");
    const { signal } = await opened;
    await server.close();
    if (!signal.aborted) await once(signal, "abort");
    if (client.readyState !== client.CLOSED) await once(client, "close");
  });

  it("takes nothing but text and sizes", async () => {
    for (const message of ["ls", "{}", '{"columns":0,"rows":24}', '{"columns":1e9,"rows":24}', '{"text":1}']) {
      const client = connect("terminals/i-1");
      await once(client, "open");
      client.send(message);
      expect((await once(client, "close"))[0], message).toBe(1003);
    }
    const long = connect("terminals/i-1");
    await once(long, "open");
    long.send(JSON.stringify({ text: "x".repeat(300_000) }));
    expect((await once(long, "close"))[0]).toBe(1009);
  });
});
