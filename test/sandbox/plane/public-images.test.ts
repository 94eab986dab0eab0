import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { openContainers } from "../../../src/sandbox/plane/container/engine.ts";
import type { ContainerEngine } from "../../../src/sandbox/plane/container.ts";
import { openImages } from "../../../src/sandbox/plane/image/store.ts";
import { STAND_INS } from "../../../src/sandbox/plane/public-images/stand-ins.ts";

const SHOP = STAND_INS.filter(({ image }) => image.includes("/retail-store-sample-"));
const IN_MEMORY = { RETAIL_CATALOG_PERSISTENCE_PROVIDER: "in-memory" };
const PATHS = { ui: "/actuator/health", assets: "/health.html", catalog: "/health", cart: "/actuator/health" };
type Name = keyof typeof PATHS;

/** One engine, and a network in which the containers of a test know each other by name. */
let engine: ContainerEngine;
let close: () => Promise<void>;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "bia-public-images-"));
  const images = await openImages(join(folder, "images"));
  for (const { image } of SHOP) await images.pull(image);
  engine = await openContainers({ folder: join(folder, "engine"), cache: join(folder, "cache"), images });
  await engine.createNetwork("shop");
  close = async () => {
    await engine.stopAll();
    await rm(folder, { recursive: true, force: true });
  };
});

afterAll(() => close());

/** Starts one of them. Answers its url on this computer, once it is healthy. */
async function start(name: Name, env: Record<string, string> = {}): Promise<string> {
  const image = SHOP.find((one) => one.image.includes(`-${name}:`))?.image ?? "";
  const ports = [{ containerPort: 8080, hostPort: 0 }];
  const { id } = await engine.create({ name, image, env, ports, networks: [{ name: "shop" }] });
  onTestFinished(() => engine.remove(id, { force: true }));
  await engine.start(id);
  const url = `http://127.0.0.1:${engine.find(id)?.ports[0]?.localPort}`;
  const isUp = () =>
    fetch(url + PATHS[name]).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isUp())) {
    if (engine.find(id)?.state.status === "exited") throw new Error(`${name} has ended`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return url;
}

const text = async (url: string, request: RequestInit = {}) => (await fetch(url, request)).text();

it("the shop's user interface has goods and a cart of its own, and shows its banner", async () => {
  const shop = await start("ui", { RETAIL_UI_BANNER: "Sale & more" });
  expect(await text(`${shop}/home`)).toContain("Sale &#38; more");
  const catalog = await text(`${shop}/catalog`);
  expect(catalog).toContain("Pocket Watch");
  expect(catalog).not.toContain("<img");
  expect((await fetch(`${shop}/nowhere`)).status).toBe(404);
  const body = new URLSearchParams({ productId: "pocket-watch" });
  const added = await fetch(`${shop}/cart`, { method: "POST", body, redirect: "manual" });
  const cookie = added.headers.get("set-cookie")?.split(";")[0] ?? "";
  expect(await text(`${shop}/cart`, { headers: { cookie } })).toContain("1 x pocket-watch $385");
  expect(await text(`${shop}/cart`)).toContain("Your cart is empty.");
});

it("it shows the goods, the pictures and the carts of the services that it is given, and fails with them", async () => {
  const [catalog, carts] = [await start("catalog", IN_MEMORY), await start("cart")];
  await start("assets");
  const shop = await start("ui", {
    ENDPOINTS_CATALOG: "http://catalog:8080",
    ENDPOINTS_CARTS: "http://cart:8080",
    ENDPOINTS_ASSETS: "http://assets:8080",
  });
  const goods = (await (await fetch(`${catalog}/catalogue`)).json()) as { id: string; imageUrl: string }[];
  const page = await text(`${shop}/catalog`);
  for (const { id, imageUrl } of goods) {
    expect(page).toContain(`href="/catalog/${id}"`);
    expect(page).toContain(`src="${imageUrl}"`);
  }
  const picture = await fetch(`${shop}${goods[0]?.imageUrl}`);
  expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/svg+xml"]);

  const headers = { cookie: "SESSIONID=ana" };
  const post = (path: string, productId: string) =>
    fetch(`${shop}${path}`, { method: "POST", headers, body: new URLSearchParams({ productId }), redirect: "manual" });
  for (const id of ["wood-watch", "wood-watch", "gentleman"]) await post("/cart", id);
  await post("/cart/remove", "gentleman");
  expect(await (await fetch(`${carts}/carts/ana`)).json()).toEqual({
    customerId: "ana",
    items: [{ itemId: "wood-watch", quantity: 2, unitPrice: 50 }],
  });
  expect(await text(`${shop}/cart`, { headers })).toContain("2 x wood-watch $100");

  await engine.stop("catalog");
  expect((await fetch(`${shop}/catalog`)).status).toBe(500);
  expect((await fetch(`${shop}/home`)).status).toBe(200);
});

it("the catalog has the paths, the tags and the pages of the app's", async () => {
  const catalog = await start("catalog", IN_MEMORY);
  const json = async (path: string) => (await fetch(`${catalog}${path}`)).json();
  const tags = (await json("/catalogue/tags")) as { name: string }[];
  expect(tags.map(({ name }) => name)).toEqual(["smart", "dress", "luxury", "casual"]);
  expect(await json("/catalogue/size?tags=casual")).toEqual({ size: 2 });
  const cheapest = (await json("/catalogue?order=price_asc&page=2&size=1")) as { id: string }[];
  expect(cheapest.map(({ id }) => id)).toEqual(["weekend"]);
  expect(await json("/catalogue/product/gentleman")).toMatchObject({ name: "Gentleman", tag: ["smart", "luxury"] });
  expect((await fetch(`${catalog}/catalogue/product/none`)).status).toBe(404);
});

it("a shell in one is Amazon Linux's: what the workshop installs there works", async () => {
  await start("catalog", IN_MEMORY);
  const { id = "" } = engine.find("catalog") ?? {};
  const inside = async (script: string) => {
    let output = "";
    const onOutput = (chunk: string) => {
      output += chunk;
    };
    const exitCode = await engine.exec(id, { argv: ["/bin/bash", "-c", script], onOutput });
    return { exitCode, output };
  };
  expect(await inside("jq --version")).toMatchObject({ exitCode: 127 });
  const installed = await inside("yum install jq -y");
  expect(installed).toEqual({ exitCode: 0, output: expect.stringMatching(/\nInstalled:\n {2}jq\n\nComplete!\n$/) });
  const piped = await inside(
    "curl -s http://localhost:8080/catalogue/tags > /tmp/tags; jq -r '.[].name' /tmp/tags; cat /tmp/tags | jq length",
  );
  expect(piped).toEqual({ exitCode: 0, output: "smart\ndress\nluxury\ncasual\n4\n" });
  expect(await inside("jq . /nowhere")).toEqual({
    exitCode: 2,
    output: "jq: error: Could not open /nowhere: No such file or directory\n",
  });
  const stressed = await inside("dnf install stress -y > /dev/null && stress -c 10 --timeout 1");
  expect(stressed.exitCode).toBe(0);
  expect(stressed.output).toMatch(
    /^stress: info: \[\d+\] dispatching hogs: 10 cpu, 0 io, 0 vm, 0 hdd\nstress: info: \[\d+\] successful run completed in 1s\n$/,
  );
  expect(await inside("dnf install nosuch -y")).toEqual({
    exitCode: 1,
    output: expect.stringMatching(
      /^No match for argument: nosuch\nError: Unable to find a match: nosuch\n.*built-in list/,
    ),
  });
  expect(await inside("dnf install stress")).toMatchObject({ exitCode: 1, output: expect.stringContaining("aborted") });
  expect(await inside("dnf remove -y jq > /dev/null; jq -n 1")).toMatchObject({ exitCode: 127 });
});

it("a cart is changed and emptied, and each item told", async () => {
  const url = `${await start("cart")}/carts/ana`;
  const send = (method: string, path: string, item?: object) =>
    fetch(`${url}${path}`, { method, ...(item && { body: JSON.stringify(item) }) });
  const item = { itemId: "a b", quantity: 3, unitPrice: 7 };
  expect((await send("POST", "/items", item)).status).toBe(201);
  expect((await send("PATCH", "/items", item)).status).toBe(202);
  expect(await (await send("GET", "/items/a%20b")).json()).toEqual(item);
  expect((await send("DELETE", "")).status).toBe(202);
  expect(await (await send("GET", "/items")).json()).toEqual([]);
});

it.each([
  ["catalog", { DB_ENDPOINT: "nowhere.localhost:3306" }, /Failed to prep migration .*nowhere\.localhost/],
  [
    "cart",
    { SPRING_PROFILES_ACTIVE: "dynamodb", AWS_REGION: "us-east-1" },
    /APPLICATION FAILED TO START\n.*\n.*credentials/i,
  ],
] as const)("%s says that its store is not to be had, and ends", async (name, env, why) => {
  const image = SHOP.find((one) => one.image.includes(`-${name}:`))?.image ?? "";
  const { id } = await engine.create({ image, env });
  onTestFinished(() => engine.remove(id, { force: true }));
  await engine.start(id);
  expect(await engine.wait(id)).toBe(1);
  const lines: string[] = [];
  for await (const { text: line } of engine.logs(id)) lines.push(line);
  expect(lines.join("\n")).toMatch(why);
});
