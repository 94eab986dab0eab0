import { expect, onTestFinished, test, vi } from "vitest";
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
