import { expect, test } from "vitest";
import { balancerForTest, groupConfig, listenerConfig, serve, target } from "./fixtures.ts";

test("requests go to the healthy targets in turn", async () => {
  const balancer = await balancerForTest();
  const places = await Promise.all(["a", "b", "c"].map((name) => target((_, response) => void response.end(name))));
  const group = groupConfig(places);
  const targets = group.targets.map((one, index) => ({
    ...one,
    state: index === 1 ? ("unhealthy" as const) : one.state,
  }));
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [{ ...group, targets }] });
  const answers: string[] = [];
  for (let request = 0; request < 4; request += 1) answers.push(await (await fetch(url)).text());
  expect(answers.join("")).toMatch(/^(acac|caca)$/);
});

test("where no target is healthy, all of them get requests", async () => {
  const balancer = await balancerForTest();
  const places = await Promise.all(["a", "b"].map((name) => target((_, response) => void response.end(name))));
  const group = groupConfig(places);
  const targets = group.targets.map((one) => ({ ...one, state: "unhealthy" as const }));
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [{ ...group, targets }] });
  const answers = [await (await fetch(url)).text(), await (await fetch(url)).text()];
  expect(answers.sort()).toEqual(["a", "b"]);
});

test("a target is told who called, how, and under which trace", async () => {
  const balancer = await balancerForTest();
  const place = await target((request, response) => void response.end(JSON.stringify(request.headers)));
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [groupConfig([place])] });
  const headers = { "x-forwarded-for": "203.0.113.7", "x-forwarded-port": "9", host: "www.bia.localhost" };
  const told = await (await fetch(`${url}/a?b=c`, { headers })).json();
  expect(told).toMatchObject({
    "x-forwarded-for": "203.0.113.7, 127.0.0.1",
    "x-forwarded-proto": "http",
    "x-forwarded-port": "80",
    "x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
  });
});

test.each([
  [503, "503 Service Temporarily Unavailable", [], 162],
  [502, "502 Bad Gateway", ["refused" as const], 122],
  [504, "504 Gateway Time-out", ["blocked" as const], 132],
])("%i is answered as AWS does", async (status, title, places, length) => {
  const balancer = await balancerForTest();
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [groupConfig(places)] });
  const response = await fetch(url);
  expect(response.status).toBe(status);
  expect(response.headers.get("server")).toBe("awselb/2.0");
  expect(response.headers.get("content-type")).toBe("text/html");
  expect(response.headers.get("content-length")).toBe(`${length}`);
  expect(await response.text()).toContain(`<center><h1>${title}</h1></center>`);
});

test("a request that one target refuses goes to another one, its body with it", async () => {
  const balancer = await balancerForTest();
  const place = await target((request, response) => void request.pipe(response));
  const gone = { host: "127.0.0.1", port: 1 };
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [groupConfig([gone, place])] });
  for (const body of ["one", "two", "three"]) {
    expect(await (await fetch(url, { method: "POST", body })).text()).toBe(body);
  }
});

test("a target that answers too late is 504, one that hangs up is 502", async () => {
  const balancer = await balancerForTest();
  const slow = await target(() => {});
  const rude = await target((request) => void request.socket.destroy());
  const listener = listenerConfig({ idleTimeout: 200 });
  const late = await serve(balancer, { listeners: [listener], groups: [groupConfig([slow])] });
  expect((await fetch(late)).status).toBe(504);
  const url = await serve(balancer, { listeners: [listener], groups: [groupConfig([rude])] });
  expect((await fetch(url)).status).toBe(502);
});

test("a target that goes away takes its requests with it, and says before when it has none", async () => {
  const balancer = await balancerForTest();
  let arrived = () => {};
  const isThere = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const slow = await target(() => arrived());
  const url = await serve(balancer, { listeners: [listenerConfig()], groups: [groupConfig([slow])] });
  const answer = fetch(url);
  await isThere;
  let isIdle = false;
  const idle = balancer.idle("target-0").then(() => {
    isIdle = true;
  });
  await balancer.check({ protocol: "HTTP", place: { host: "127.0.0.1", port: 1 }, path: "/", host: "a", timeout: 100 });
  expect(isIdle).toBe(false);
  await balancer.configure({ listeners: [listenerConfig()], groups: [groupConfig([])] });
  expect((await answer).status).toBe(502);
  await idle;
});

test("a listener takes the first of its ports that can be had, and frees it when it goes", async () => {
  const balancer = await balancerForTest();
  const other = await balancerForTest();
  const group = groupConfig([]);
  const first = new URL(await serve(balancer, { listeners: [listenerConfig()], groups: [group] }));
  const ports = [Number(first.port), 0];
  const second = new URL(await serve(other, { listeners: [listenerConfig({ ports })], groups: [group] }));
  expect(second.port).not.toBe(first.port);
  await balancer.configure({ listeners: [], groups: [] });
  await other.configure({ listeners: [], groups: [] });
  const third = new URL(await serve(other, { listeners: [listenerConfig({ ports })], groups: [group] }));
  expect(third.port).toBe(first.port);
});

test("a check tells the status, or that there is none", async () => {
  const balancer = await balancerForTest();
  const asked: (string | undefined)[] = [];
  const place = await target(({ url, headers }, response) => {
    asked.push(`${url} ${headers.host} ${headers["user-agent"]}`);
    response.writeHead(204).end();
  });
  const silent = await target(() => {});
  const check = { protocol: "HTTP", path: "/api/versao", host: "172.31.0.9:32768", timeout: 5000 } as const;
  expect(await balancer.check({ ...check, place })).toBe(204);
  expect(await balancer.check({ ...check, place: silent, timeout: 100 })).toBe("timeout");
  expect(await balancer.check({ ...check, place: { host: "127.0.0.1", port: 1 } })).toBe("failed");
  expect(asked).toEqual(["/api/versao 172.31.0.9:32768 ELB-HealthChecker/2.0"]);
});
