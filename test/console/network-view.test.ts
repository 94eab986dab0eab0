import { afterEach, beforeEach, expect, it } from "vitest";
import type { Answered } from "../../src/aws/answered.ts";
import type { ServiceNetwork } from "../../src/aws/service-network.ts";
import { Feed } from "../../src/console/feed.ts";
import { type ConsoleServer, serveConsole } from "../../src/console/server.ts";
import { openConsole, seriousOn } from "../support/console.ts";

const SECOND = 1000;
const NOW = 100 * SECOND;

let feed: Feed;
let server: ConsoleServer;

beforeEach(async () => {
  feed = new Feed();
  server = await serveConsole(feed, { run: async () => undefined, traffic: async () => "[]", log: async () => {} }, 0);
});
afterEach(() => server.close());

const LISTENER = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/bia/1/2";
const REASON = "Target.ResponseCodeMismatch: Health checks failed with these codes: [500]";

/** A balancer with two rules, a target that fails its check, and a database that nobody may reach. */
const NETWORK: ServiceNetwork = {
  service: "app",
  balancer: {
    name: "alb",
    state: "active",
    zones: ["us-east-1a", "us-east-1b"],
    listeners: [
      {
        arn: LISTENER,
        port: 80,
        protocol: "HTTP",
        door: { port: 80, by: ["sg-1: tcp 80 from 0.0.0.0/0"] },
        rules: [
          { priority: "1", conditions: ["path-pattern /old/*"], action: "redirect https://#{host}:443/#{path}" },
          { priority: "default", conditions: [], action: "forward tg" },
        ],
      },
    ],
  },
  targets: [
    { id: "i-1", port: 80, zone: "us-east-1a", state: "healthy" },
    { id: "i-2", port: 80, zone: "us-east-1b", state: "unhealthy", reason: REASON },
  ],
  toTargets: [{ port: 80, by: ["sg-2: tcp 80 from sg-1"] }],
  database: { id: "db", state: "available", engine: "postgres 17.4", door: { port: 5432, by: [] } },
};

/** So many requests in each of the last five seconds, this one included, which is not over. */
function traffic(target: string | "redirected", count: number, failed = 0): Answered[] {
  const way = target === "redirected" ? { priority: "1" } : { priority: "default", targetGroupArn: "group", target };
  return [0, 1, 2, 3, 4].map((back) => {
    return { at: NOW - 500 - back * SECOND, ms: SECOND, listenerArn: LISTENER, ...way, count, failed };
  });
}

function tell(target: "sandbox" | "aws", found: readonly Answered[]): void {
  const layout = { width: 10, height: 10, stages: [], tasks: [], edges: [] };
  const commands = { createAll: "bia-infra create --all", createStage: {}, runs: "bia-infra runs" };
  const where = { stack: "bia", target, region: "us-east-1", account: "000000000000" };
  feed.tell("stack", { ...where, stages: [], tasks: [], commands, layout });
  feed.tell("network", { at: NOW, now: NOW, found: NETWORK });
  feed.tell("traffic", { at: NOW, now: NOW, found });
}

it("says how much passes each rule and each line, what failed of it, and why a target gets nothing", async ({
  skip,
}) => {
  const foreign = { ...traffic("i-1:80", 500)[1], listenerArn: "another" } as Answered;
  tell("sandbox", [...traffic("i-1:80", 90, 10), ...traffic("redirected", 30), foreign]);
  const page = await openConsole(skip, server.url, "network", { locale: "en-US" });
  const rates = async () =>
    Object.fromEntries(
      await page.$$eval("[data-rate]", (all) => all.map(({ dataset }) => [dataset.to, Number(dataset.rate)])),
    );
  await expect.poll(rates).toEqual({
    Internet: 120,
    "HTTP 80": 120,
    "80 1": 30,
    "80 default": 90,
    "i-1:80": 90,
    "i-2:80": 0,
  });
  expect(await page.locator("[data-to='i-1:80']").innerText()).toContain("90\u00a0/s · 10\u00a0/s failed");
  expect(await page.locator("[data-to='80 1']").innerText()).toContain("1 · path-pattern /old/* → redirect");
  const widthOf = (to: string) =>
    page.locator(`[data-to='${to}'] .stroke`).evaluate(({ clientHeight }) => clientHeight);
  expect(await widthOf("i-1:80")).toBeGreaterThan(await widthOf("i-2:80"));
  expect(await page.locator("[data-target=unhealthy]").innerText()).toContain(REASON);
  const gap = page.locator(".lines", { has: page.locator("[data-door=shut]") });
  expect(await gap.innerText()).toMatch(/tcp 5432.*no rule of a security group lets it in.*bia-infra create --all/s);
});

it("fits a small screen, and on aws says no more than CloudWatch, in the dark and in Portuguese", async ({ skip }) => {
  const minute = { at: NOW - 120 * SECOND, ms: 60 * SECOND, targetGroupArn: "group", count: 600, failed: 0 };
  tell("aws", [minute]);
  const small = { locale: "pt-BR", colorScheme: "dark", viewport: { width: 400, height: 800 } };
  const page = await openConsole(skip, server.url, "network", small);
  await page.locator("[data-target=unhealthy]").waitFor();
  expect(await page.$$eval("[data-rate]", (all) => all.map(({ dataset }) => dataset.rate))).toEqual(["10"]);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(400);
  expect(await seriousOn(page)).toEqual([]);
});
