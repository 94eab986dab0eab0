import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { wallClock } from "../../../src/engine/clock.ts";
import { keepPace } from "../../../src/load/pace.ts";
import { type Course, Probe } from "../../../src/release/probe/probe.ts";
import { prove } from "../../../src/release/proof.ts";

/** A server for the running test. */
async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/versao`;
}

describe("a probe", () => {
  it("counts what was served and what was not, and tells which answer came when", async () => {
    let asked = 0;
    const url = await served((_, response) => {
      asked++;
      if (asked > 10 && asked <= 13) response.writeHead(502).end();
      else response.end(asked <= 20 ? "Bia v1" : "Bia v2");
    });
    const probe = new Probe({ url, rate: 200 });
    await expect.poll(() => asked, { interval: 5 }).toBeGreaterThanOrEqual(30);
    const { requests, failed, failures, answers, longestGapMs } = await probe.end();
    expect(requests).toBe(asked);
    expect(failed).toBe(3);
    expect(failures).toMatchObject([{ why: "HTTP 502", count: 3 }]);
    expect(answers.map(({ body, count }) => ({ body, count }))).toEqual([
      { body: "Bia v1", count: 17 },
      { body: "Bia v2", count: asked - 20 },
    ]);
    expect(longestGapMs).toBeGreaterThanOrEqual(15);
  });

  it("tells as it goes what each second brought, and in the end the rest: all of it once", async () => {
    let asked = 0;
    const url = await served((_, response) => {
      asked++;
      if (asked % 5 === 0) response.writeHead(500).end();
      else response.end(asked <= 100 ? "Bia v1" : "Bia v2");
    });
    const told: Course[] = [];
    const probe = new Probe({ url, rate: 100, told: (course) => void told.push(course) });
    await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
    const { requests, failed, answers } = await probe.end();
    const sum = (value: (course: Course) => number) => told.reduce((whole, course) => whole + value(course), 0);
    expect(sum((course) => course.failed)).toBe(failed);
    for (const { body, count } of answers) expect(sum(({ bodies }) => bodies[body] ?? 0)).toBe(count);
    expect(failed).toBe(Math.floor(requests / 5));
  });

  it("asks on while nobody answers, and says so", async () => {
    const probe = new Probe({ url: "http://127.0.0.1:1/", rate: 500 });
    await keepPace({ rate: 500, count: 20 }, () => {});
    const { requests, failed, failures } = await probe.end();
    expect(requests).toBeGreaterThan(10);
    expect(failed).toBe(requests);
    expect(failures).toMatchObject([{ why: "ECONNREFUSED" }]);
  });
});

describe("the proof that a version serves", () => {
  const never = new AbortController().signal;
  const claim = { version: "v2", before: "v1", tells: true, targets: 2, isBeforeGone: async () => false };

  it("needs its answers in a row, and bears with late ones of the version before", async () => {
    const bodies = ["Bia v2", "Bia v1", "Bia v2"];
    const url = new URL(await served((_, response) => response.end(bodies.shift() ?? "Bia v2")));
    expect(await prove({ ...claim, url }, wallClock(), never)).toEqual({ is: "proven", requests: 12 });
  });

  it("fails on another answer, with that answer", async () => {
    const url = new URL(await served((_, response) => response.end("Bia v22")));
    const proof = await prove({ ...claim, url }, wallClock(), never);
    expect(proof).toEqual({ is: "refuted", why: `${url.href} answers "Bia v22", and not v2` });
  });

  it("fails where the version before goes on answering", async () => {
    const url = new URL(await served((_, response) => response.end("Bia v1")));
    expect(await prove({ ...claim, url }, wallClock(600), never)).toMatchObject({ is: "refuted" });
  });

  it("fails at once where it answers although nothing of it is left", async () => {
    const url = new URL(await served((_, response) => response.end("Bia v1")));
    const clock = wallClock();
    const started = clock.now();
    const proof = await prove({ ...claim, isBeforeGone: async () => true, url }, clock, never);
    expect(proof).toMatchObject({ is: "refuted", why: expect.stringContaining('"Bia v1"') });
    expect(clock.now() - started).toBeLessThan(10_000);
  });

  it("bears with good answers that name no version where the app need not tell one, and with those alone", async () => {
    const of = async (status: number, body: string) => {
      const url = new URL(await served((_, response) => response.writeHead(status).end(body)));
      return prove({ ...claim, tells: false, isBeforeGone: async () => true, url }, wallClock(), never);
    };
    expect(await of(200, "ok")).toEqual({ is: "untold", requests: 10 });
    expect(await of(200, "shop v2")).toEqual({ is: "proven", requests: 10 });
    expect(await of(404, "")).toMatchObject({ is: "refuted", why: expect.stringContaining("HTTP 404") });
    expect(await of(200, "shop v1")).toMatchObject({ is: "refuted" });
  });

  it("says nothing of what nobody here can reach", async () => {
    const url = new URL("http://127.0.0.1:1/api/versao");
    expect(await prove({ ...claim, url }, wallClock(), never)).toEqual({ is: "unreached", why: "ECONNREFUSED" });
  });
});
