import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createApp } from "../server/app.ts";
import type { Database } from "../server/database.ts";

it.each([".local/share/bia", "com espaço/100%/#1"])("serves the page and its assets from a folder %j", async (name) => {
  const top = await mkdtemp(join(tmpdir(), "bia-page-folder-"));
  const folder = join(top, name);
  await mkdir(join(folder, "assets"), { recursive: true });
  await writeFile(join(folder, "index.html"), "<title>Bia</title>");
  await writeFile(join(folder, "assets", "a.js"), "1");
  const server = createApp({} as Database, folder).listen(0, "127.0.0.1");
  onTestFinished(async () => {
    server.close();
    await rm(top, { recursive: true });
  });
  await once(server, "listening");

  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    return [answer.status, await answer.text()];
  };
  expect(await get("/")).toEqual([200, "<title>Bia</title>"]);
  expect(await get("/about")).toEqual([200, "<title>Bia</title>"]);
  expect(await get("/assets/a.js")).toEqual([200, "1"]);
});
