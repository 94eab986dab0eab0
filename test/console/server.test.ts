import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Feed } from "../../src/console/feed.ts";
import type { FollowLog } from "../../src/console/log.ts";
import { type ConsoleServer, serveConsole } from "../../src/console/server.ts";

let feed: Feed;
let server: ConsoleServer;

beforeEach(async () => {
  feed = new Feed();
  const run = async (number: number) => (number === 7 ? '[{"type":"run"}]' : undefined);
  server = await serveConsole(feed, { run, traffic: async () => '[{"count":1}]', log: followed }, 0);
});
afterEach(() => server.close());

/** Of `i-1` two parts, of all else nothing. */
async function followed(...[place, tell]: Parameters<FollowLog>): Promise<void> {
  if (place !== "i-1") throw new Error(`${place} is not there any more`);
  await tell({ anew: true, lines: [{ text: "starting" }] });
  await tell({ anew: false, lines: [{ at: 7, text: "up" }] });
}

/** Asks for a path of the server, or for a whole url. */
function get(
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, server.url);
    const asking = request(url, { headers, method }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asking.once("error", reject).end();
  });
}

describe("the server of the console", () => {
  it("listens on this computer only", () => {
    expect(new URL(server.url).hostname).toBe("127.0.0.1");
  });

  it("tells nothing without its token, or with another one", async () => {
    feed.tell("stack", { secret: "of the stack" });
    const { pathname } = new URL(server.url);
    const other = pathname.replace(/^\/./, (start) => (start === "/a" ? "/b" : "/a"));
    for (const path of [
      "/",
      "/console.js",
      "/events",
      "/runs/7",
      "/logs/i-1",
      "/traffic",
      other,
      `${other}events`,
      `${pathname.slice(0, -2)}/`,
    ]) {
      expect(await get(path), path).toEqual({ status: 403, body: "Forbidden" });
    }
  });

  it("refuses pages of other origins, and names of other sites that lead here", async () => {
    const { host } = new URL(server.url);
    expect(await get("", { origin: "https://example.com" })).toMatchObject({ status: 403 });
    expect(await get("", { host: "example.com" })).toMatchObject({ status: 403 });
    expect(await get("", { origin: `http://${host}` })).toMatchObject({ status: 200 });
  });

  it("lets the page load its own parts alone, and styles of its script by a nonce that no other answer has", async () => {
    const policies = await Promise.all(
      ["", "", "console.css"].map(async (path) => (await fetch(`${server.url}${path}`)).headers),
    );
    const [first = "", second, style] = policies.map((headers) => headers.get("content-security-policy") ?? "");
    expect(first).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self' 'nonce-[\w+/=]{24}';/);
    expect(first).toContain(`connect-src 'self' ws://${new URL(server.url).host};`);
    expect(second).not.toBe(first);
    expect(style).toContain("style-src 'self';");
    for (const policy of [first, style]) expect(policy).not.toContain("unsafe");
  });

  it("tells a log as it comes, or why there is none", async () => {
    expect((await get("logs/i-1")).body).toBe(
      'event: part\ndata: {"anew":true,"lines":[{"text":"starting"}]}\n\n' +
        'event: part\ndata: {"anew":false,"lines":[{"at":7,"text":"up"}]}\n\n',
    );
    expect((await get("logs/i-2")).body).toBe('event: trouble\ndata: {"why":"i-2 is not there any more"}\n\n');
    expect(await get("logs/../stack")).toMatchObject({ status: 404 });
  });

  it("only reads", async () => {
    for (const method of ["POST", "PUT", "DELETE"]) expect(await get("", {}, method)).toMatchObject({ status: 405 });
  });

  it("answers its page, what the page is made of, and runs", async () => {
    expect((await get("")).body).toContain("console.js");
    expect((await get("console.js")).status).toBe(200);
    expect((await get("console.css")).body).toContain("--accent");
    expect(await get("runs/7")).toEqual({ status: 200, body: '[{"type":"run"}]' });
    expect(await get("runs/8")).toMatchObject({ status: 404 });
    expect(await get("traffic")).toEqual({ status: 200, body: '[{"count":1}]' });
    expect(await get("../package.json")).toMatchObject({ status: 403 });
    expect(await get("package.json")).toMatchObject({ status: 404 });
  });

  it("tells what is new of each topic to whoever comes, and then what comes", async () => {
    feed.tell("look", { at: 1 });
    feed.tell("look", { at: 2 });
    const said = await new Promise<string>((resolve, reject) => {
      request(`${server.url}events`, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
          if (text.includes('"at":2') && !text.includes("runs")) feed.tell("runs", []);
          if (!text.includes("event: runs\ndata: []\n\n")) return;
          resolve(text);
          response.destroy();
        });
      })
        .once("error", reject)
        .end();
    });
    expect(said).toBe('event: look\ndata: {"at":2}\n\nevent: runs\ndata: []\n\n');
  });

  it("tells of some topics alone who asks for these, and has nothing looked up for the others", async () => {
    const { signal } = new AbortController();
    feed.tell("look", { at: 1 });
    feed.tell("network", { at: 1 });
    let isLookWanted = false;
    void feed.somebody("look", signal).then(() => {
      isLookWanted = true;
    });
    const said = await new Promise<string>((resolve, reject) => {
      request(`${server.url}events?topics=network,runs`, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
          feed.tell("look", { at: 2 });
          if (!text.includes("event: runs")) return feed.tell("runs", []);
          resolve(text);
          response.destroy();
        });
      })
        .once("error", reject)
        .end();
    });
    expect(said).toBe('event: network\ndata: {"at":1}\n\nevent: runs\ndata: []\n\n');
    expect(isLookWanted).toBe(false);
    feed.listen(() => {}, ["look"]);
    await expect.poll(() => isLookWanted).toBe(true);
  });

  it("tells all of it, however much that is", async () => {
    const long = "x".repeat(1_000_000);
    for (const topic of ["stack", "look", "runs"]) feed.tell(topic, { topic, long });
    const length = await new Promise<number>((resolve, reject) => {
      request(`${server.url}events`, (response) => {
        let read = 0;
        response.on("data", (chunk: Buffer) => {
          read += chunk.length;
          if (read <= 3 * long.length) return;
          resolve(read);
          response.destroy();
        });
      })
        .once("error", reject)
        .end();
    });
    expect(length).toBeGreaterThan(3 * long.length);
  });
});
