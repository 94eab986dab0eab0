import { expect, onTestFinished, test, vi } from "vitest";
import { Answered } from "../../../../src/sandbox/plane/balancer/thread/answered.ts";
import { Counts } from "../../../../src/sandbox/plane/balancer/thread/counts.ts";
import { balancerForTest, groupConfig, listenerConfig, serve, target } from "./fixtures.ts";

test("requests are counted by what answered them and how, until somebody takes the counts", async () => {
  const balancer = await balancerForTest();
  const place = await target((request, response) => response.writeHead(request.url === "/sick" ? 500 : 200).end());
  const path = (value: string) => [{ field: "path-pattern" as const, values: [value] }];
  const forward = (id: string) => ({ type: "forward" as const, groups: [{ id, weight: 1 }] });
  const redirect = { type: "redirect" as const, status: 301 as const, protocol: "HTTPS", host: "h", port: "443" };
  const rules = [
    { priority: 1, conditions: path("/empty"), action: forward("empty") },
    { priority: 2, conditions: path("/away"), action: { ...redirect, path: "/", query: "" } },
    { priority: 0, conditions: [], action: forward("group") },
  ];
  const groups = [groupConfig([place]), groupConfig([], { id: "empty" })];
  const url = await serve(balancer, { listeners: [listenerConfig({ rules })], groups });
  for (const asked of ["/", "/", "/sick", "/empty", "/away"]) {
    await (await fetch(`${url}${asked}`, { redirect: "manual" })).text();
  }
  const [{ minute, counts } = { minute: 0, counts: [] }, ...others] = await balancer.counts(1000);
  expect([minute, others]).toEqual([999, []]);
  const told = counts.map(({ metric, group = "-", samples }) => `${metric} ${group} ${samples}`);
  expect(told.sort()).toEqual([
    "HTTPCode_ELB_3XX_Count - 1",
    "HTTPCode_ELB_503_Count empty 1",
    "HTTPCode_ELB_5XX_Count empty 1",
    "HTTPCode_Target_2XX_Count group 2",
    "HTTPCode_Target_5XX_Count group 1",
    "HTTP_Redirect_Count - 1",
    "RequestCount group 3",
    "TargetResponseTime group 3",
  ]);
  const time = counts.find(({ metric }) => metric === "TargetResponseTime");
  expect(time?.loadBalancer).toBe("app/bia/1234");
  expect(time?.maximum).toBeGreaterThan(0);
  expect(time?.maximum).toBeLessThan(5);
  expect(time?.sum).toBeGreaterThanOrEqual(time?.maximum ?? 0);
  expect(await balancer.counts(1001)).toEqual([]);
});

test("how many requests took which way in each second can be asked for again and again", async () => {
  const balancer = await balancerForTest();
  const well = await target((_, response) => response.end());
  const ill = await target((_, response) => response.writeHead(500).end());
  const groups = [groupConfig([well, ill]), groupConfig([], { id: "empty" })];
  const path = (value: string) => [{ field: "path-pattern" as const, values: [value] }];
  const forward = (id: string) => ({ type: "forward" as const, groups: [{ id, weight: 1 }] });
  const page = { type: "fixed-response" as const, status: 404, contentType: "text/plain", body: "" };
  const rules = [
    { priority: 1, conditions: path("/empty"), action: forward("empty") },
    { priority: 2, conditions: path("/page"), action: page },
    { priority: 0, conditions: [], action: forward("group") },
  ];
  const url = await serve(balancer, { listeners: [listenerConfig({ rules })], groups });
  const before = Math.floor(Date.now() / 1000) * 1000;
  for (let asked = 0; asked < 6; asked += 1) await (await fetch(url)).text();
  for (const asked of ["/empty", "/page"]) await (await fetch(`${url}${asked}`)).text();
  const sums = async (since: number) => {
    const ways: Record<string, [count: number, failed: number]> = {};
    for (const { listener, priority, group, target, count, failed } of await balancer.answered(since)) {
      const way = [listener, priority, group, target].join(" ");
      const [before, failedBefore] = ways[way] ?? [0, 0];
      ways[way] = [before + count, failedBefore + failed];
    }
    return ways;
  };
  const all = {
    "listener 0 group target-0": [3, 0],
    "listener 0 group target-1": [3, 3],
    "listener 1 empty ": [1, 1],
    "listener 2  ": [1, 0],
  };
  expect(await sums(before)).toEqual(all);
  expect(await sums(before)).toEqual(all);
  expect(await balancer.answered(Date.now() + 1000)).toEqual([]);
});

test("which way requests took is remembered for an hour", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 0 });
  onTestFinished(() => void vi.useRealTimers());
  const answered = new Answered();
  for (const second of [0, 0, 10, 3599, 3605]) {
    vi.setSystemTime(second * 1000 + 999);
    answered.add({ listener: "listener", priority: 0, group: "group", target: "target" }, false);
  }
  expect(answered.since(0).map(({ at, count }) => [at / 1000, count])).toEqual([
    [10, 1],
    [3599, 1],
    [3605, 1],
  ]);
});

test("on a clock that runs by itself a request counts in the minute that it ends in, whenever the counts are taken", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 5000 });
  onTestFinished(() => void vi.useRealTimers());
  const counts = new Counts();
  counts.configure({ since: 1000.5, each: 500 });
  const endAt = (time: number) => {
    vi.setSystemTime(time);
    counts.add("app/bia/1234", undefined, "RequestCount", 1);
  };
  for (const time of [5000, 5500, 5501, 5999, 6000, 6001]) endAt(time);
  const taken = (before: number) => counts.take(before).map(({ minute, counts: [of] }) => [minute, of?.sum]);
  expect(taken(9)).toEqual([
    [7, 1],
    [8, 1],
  ]);
  expect(taken(10)).toEqual([[9, 3]]);
  expect(taken(10)).toEqual([]);
  expect(taken(11)).toEqual([[10, 1]]);
});
