import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { bareEnvironment, runCli, startCli } from "../support/cli.ts";

async function serving(serve: RequestListener): Promise<string> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const load = (...args: string[]) => runCli(["load", ...args], bareEnvironment());

describe("load", () => {
  it("asks as often as it is told to, and says what came of it", async () => {
    const url = await serving((_, response) => response.end("answer"));
    const { code, stdout } = await load(url, "--rate", "50", "--for", "1s");
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^ {2}requests +50 in 1\.\d s, \d\d\.\d a second$/m);
    expect(stdout).toMatch(/^ {2}answers +50 × 200$/m);
    expect(stdout).toMatch(/^ {2}latency +p50 [\d.]+ ms {2}p90 .* {2}slowest [\d.]+ ms$/m);
    expect(stdout).toMatch(/^ {2}failed +0$/m);
  });

  it("fails when any request did, and names the reasons", async () => {
    let asked = 0;
    const url = await serving(({ socket }, response) => {
      asked += 1;
      if (asked === 5) socket.destroy();
      else response.writeHead(asked === 7 ? 503 : 200).end();
    });
    const { code, stdout } = await load(url, "--rate", "20", "--for", "1s", "--json");
    const report = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(report).toMatchObject({ type: "report", requests: 20, failed: 2, statuses: { 200: 18, 503: 1 } });
    expect({ code, unanswered: report.unanswered }).toEqual({ code: 1, unanswered: { "other side closed": 1 } });
  });

  it("tells how it goes meanwhile, and after Ctrl-C what came of it so far", async () => {
    const url = await serving((_, response) => response.writeHead(404).end());
    const { child, ended } = startCli(["load", url, "--for", "1h", "--json"], bareEnvironment());
    child.stdout?.once("data", () => child.kill("SIGINT"));
    const { code, stdout } = await ended;
    const lines = stdout.trim().split("\n");
    const [first, last] = [lines[0], lines.at(-1)].map((line) => JSON.parse(line ?? ""));
    // What is under way at that moment has no answer yet.
    expect(first).toMatchObject({ type: "load", statuses: { 404: first.failed } });
    expect(last).toMatchObject({ type: "report", statuses: { 404: last.failed } });
    expect(first.failed).toBeGreaterThan(0);
    expect(last.requests).toBeGreaterThanOrEqual(first.requests);
    expect(code).toBe(130);
  });

  it.each([
    ["no url", ["localhost:3000"], "such as https://www.bia.localhost:8443/"],
    ["a url with a password", ["http://me:secret@localhost/"], "without a user and a password"],
    ["no rate", ["http://localhost/", "--rate", "0"], "1 or more"],
    ["no time", ["http://localhost/", "--for", "5"], "with s, m, h or d"],
  ])("refuses %s before it asks for anything", async (_, args, why) => {
    const { code, stderr } = await load(...args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(why) });
    expect(stderr).not.toContain("secret");
  });
});
