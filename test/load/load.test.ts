import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { LoadClient } from "../../src/load/load.ts";
import { Tally } from "../../src/load/tally.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serving(serve: RequestListener): Promise<URL> {
  const server = createServer(serve);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path?query`);
}

async function loaded(url: URL, rate: number, duration: number): Promise<Tally> {
  const [client, tally] = [new LoadClient(url), new Tally()];
  await client.load({ rate, duration, tally });
  await client.close();
  return tally;
}

describe("load on a url", () => {
  it("is as many requests as were asked for, and what each came to", async () => {
    const paths = new Set<string>();
    let asked = 0;
    const url = await serving(({ url: path = "", socket }, response) => {
      paths.add(path);
      asked += 1;
      if (asked % 10 === 0) socket.destroy();
      else response.writeHead(asked % 10 === 5 ? 503 : 200).end("answer");
    });
    const tally = await loaded(url, 500, 100);
    expect([...paths]).toEqual(["/path?query"]);
    expect([tally.sent, tally.answers, tally.failures]).toEqual([50, 45, 10]);
    expect(Object.fromEntries(tally.statuses)).toEqual({ 200: 40, 503: 5 });
    expect(Object.fromEntries(tally.unanswered)).toEqual({ "other side closed": 5 });
    expect(tally.percentile(50)).toBeLessThanOrEqual(tally.slowest);
  });

  it("goes on at its pace while answers are held up", async () => {
    const held: (() => void)[] = [];
    const url = await serving((_, response) => {
      held.push(() => response.end());
      // Nobody has an answer before everybody has asked.
      if (held.length === 30) for (const answer of held) answer();
    });
    const tally = await loaded(url, 300, 100);
    expect([tally.answers, tally.failures]).toEqual([30, 0]);
    expect(tally.slowest).toBeGreaterThan(50);
  });

  it("says why nothing answers", async () => {
    const url = await serving(() => {});
    for (const server of servers.splice(0)) await new Promise((resolve) => void server.close(resolve));
    const tally = await loaded(url, 100, 50);
    expect([tally.failures, tally.percentile(99)]).toEqual([5, Number.NaN]);
    expect(Object.fromEntries(tally.unanswered)).toEqual({ [`connect ECONNREFUSED ${url.host}`]: 5 });
  });

  it("counts nothing of what is under way when it is given up", async () => {
    const end = new AbortController();
    const url = await serving(() => end.abort());
    const [client, tally] = [new LoadClient(url), new Tally()];
    await client.load({ rate: 100, duration: 60_000, tally, signal: end.signal });
    await client.close();
    expect([tally.answers, tally.failures]).toEqual([0, 0]);
    expect(tally.sent).toBeGreaterThan(0);
  });
});
