import { request } from "node:http";
import { expect, test } from "vitest";
import type { ActionConfig, ConditionConfig, RuleConfig } from "../../../../src/sandbox/plane/balancer.ts";
import { balancerForTest, groupConfig, listenerConfig, serve, target } from "./fixtures.ts";

const MATCHED: ActionConfig = {
  type: "fixed-response",
  status: 299,
  contentType: "text/plain; charset=utf-8",
  body: "rule",
};
const OTHERWISE: ActionConfig = { ...MATCHED, status: 200, body: "default" };

interface Call {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

async function listening(
  rules: readonly RuleConfig[],
): Promise<(call: Call) => Promise<[number, Record<string, unknown>, string]>> {
  const balancer = await balancerForTest();
  const places = await Promise.all(["a", "b"].map((name) => target((_, response) => void response.end(name))));
  const groups = places.map((place, index) => ({ ...groupConfig([place]), id: `group-${index}` }));
  const url = await serve(balancer, { listeners: [listenerConfig({ rules })], groups });
  return ({ path = "/", method = "GET", headers = {} }) =>
    new Promise((resolve, reject) => {
      const asking = request(`${url}${path}`, { method, headers, agent: false }, async (response) => {
        let body = "";
        for await (const chunk of response) body += chunk;
        resolve([response.statusCode ?? 0, response.headers, body]);
      });
      asking.once("error", reject).end();
    });
}

test.each<[string, ConditionConfig, Call, Call]>([
  [
    "hosts, whatever their case and port",
    { field: "host-header", values: ["*.bia.localhost"] },
    { headers: { host: "WWW.bia.localhost:8080" } },
    { headers: { host: "bia.localhost" } },
  ],
  ["paths, not queries", { field: "path-pattern", values: ["/api/*"] }, { path: "/api/versao" }, { path: "/?/api/" }],
  ["paths by their case", { field: "path-pattern", values: ["/a?c"] }, { path: "/abc" }, { path: "/ABC" }],
  [
    "headers",
    { field: "http-header", name: "User-Agent", values: ["*chrome*"] },
    { headers: { "user-agent": "Mozilla Chrome/1" } },
    { headers: { "user-agent": "curl" } },
  ],
  ["methods", { field: "http-request-method", values: ["POST", "PUT"] }, { method: "PUT" }, { method: "GET" }],
  [
    "queries",
    { field: "query-string", values: [{ key: "version", value: "v1" }, { value: "*beta*" }] },
    { path: "/?x=a-beta-b" },
    { path: "/?version=v2" },
  ],
  ["addresses", { field: "source-ip", values: ["127.0.0.0/8"] }, {}, {}],
])("a rule looks at %s", async (_, condition, fits, other) => {
  const ask = await listening([
    { priority: 1, conditions: [condition], action: MATCHED },
    { priority: 1, conditions: [], action: OTHERWISE },
  ]);
  expect((await ask(fits))[2]).toBe("rule");
  if (condition.field !== "source-ip") expect((await ask(other))[2]).toBe("default");
});

test("all conditions of a rule have to hold, and the first rule that fits decides", async () => {
  const path: ConditionConfig = { field: "path-pattern", values: ["/a"] };
  const elsewhere: ConditionConfig = { field: "source-ip", values: ["10.0.0.0/8"] };
  const ask = await listening([
    { priority: 1, conditions: [path, elsewhere], action: { ...MATCHED, body: "both" } },
    { priority: 1, conditions: [path], action: { ...MATCHED, body: "path" } },
    { priority: 1, conditions: [], action: OTHERWISE },
  ]);
  expect((await ask({ path: "/a" }))[2]).toBe("path");
});

test("a fixed response is the load balancer's own", async () => {
  const ask = await listening([{ priority: 1, conditions: [], action: MATCHED }]);
  const [status, headers, body] = await ask({});
  expect([status, body]).toEqual([299, "rule"]);
  expect(headers).toMatchObject({
    server: "awselb/2.0",
    "content-type": "text/plain; charset=utf-8",
    "content-length": "4",
  });
});

test("a redirect keeps what it does not name, and names the port", async () => {
  const redirect = {
    type: "redirect",
    status: 301,
    protocol: "HTTPS",
    host: "#{host}",
    port: "443",
    path: "/#{path}",
    query: "#{query}",
  } as const;
  const ask = await listening([{ priority: 1, conditions: [], action: redirect }]);
  const [status, headers, body] = await ask({ path: "/a/b?c=d", headers: { host: "www.bia.localhost" } });
  expect(status).toBe(301);
  expect(headers.location).toBe("https://www.bia.localhost:443/a/b?c=d");
  expect(headers["content-length"]).toBe("134");
  expect(body).toContain("<h1>301 Moved Permanently</h1>");
});

test("whoever came by a port of this computer is redirected to such a port", async () => {
  const balancer = await balancerForTest();
  const redirect = {
    type: "redirect",
    status: 302,
    protocol: "HTTP",
    host: "#{host}",
    port: "81",
    path: "/there",
    query: "",
  } as const;
  const listeners = [
    listenerConfig({ rules: [{ priority: 1, conditions: [], action: redirect }] }),
    listenerConfig({ id: "other", port: 81, rules: [{ priority: 1, conditions: [], action: OTHERWISE }] }),
  ];
  const url = await serve(balancer, { listeners, groups: [] });
  expect(await (await fetch(url)).text()).toBe("default");
});

test("a rule forwards by the weights of its groups", async () => {
  const groups = [
    { id: "group-0", weight: 0 },
    { id: "group-1", weight: 5 },
  ];
  const ask = await listening([{ priority: 1, conditions: [], action: { type: "forward", groups } }]);
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask({})));
  expect(new Set(answers.map(([, , body]) => body))).toEqual(new Set(["b"]));
  const none = await listening([
    { priority: 1, conditions: [], action: { type: "forward", groups: [{ id: "group-0", weight: 0 }] } },
  ]);
  expect((await none({}))[0]).toBe(503);
});
