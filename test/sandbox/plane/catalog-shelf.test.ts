import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { removeMysql, startMysql } from "../../../src/sandbox/plane/mysql.ts";
import { catalogue } from "../../../src/sandbox/plane/public-images/retail-store/catalog/catalogue.ts";
import { openShelf } from "../../../src/sandbox/plane/public-images/retail-store/catalog/shelf.ts";
import { askMysql, HAS_MYSQL } from "../../support/mysql.ts";

it.skipIf(!HAS_MYSQL)(
  "the catalog makes its tables in MySQL once, whoever starts at once, and tells what is in them",
  async () => {
    const place = await mkdtemp(join(tmpdir(), "bia-catalog-"));
    const folder = join(place, "database");
    const login = { user: "root", password: "correct-horse", database: "catalog" };
    const server = await startMysql({ folder, cache: join(place, "cache"), ...login });
    onTestFinished(async () => {
      await server.stop();
      await removeMysql(folder);
      await rm(place, { recursive: true, force: true });
    });
    const DB_ENDPOINT = `127.0.0.1:${server.port}`;
    const env = { DB_ENDPOINT, DB_USER: login.user, DB_PASSWORD: login.password, DB_NAME: login.database };
    const [one] = await Promise.all([openShelf(env), openShelf(env)]);
    const told = async (path: string) => {
      const { body } = await catalogue(new URL(path, "http://catalog"), one.shelf);
      return JSON.parse(String(body));
    };
    expect(one.source).toBe(`MySQL at ${DB_ENDPOINT}`);
    expect((await told("/catalogue/tags")).map(({ name }: { name: string }) => name)).toEqual([
      "smart",
      "dress",
      "luxury",
      "casual",
    ]);
    expect(await told("/catalogue/product/gentleman")).toMatchObject({ price: 795, tag: ["smart", "luxury"] });
    await askMysql(
      { host: "127.0.0.1", port: server.port, ...login },
      "update product set price = 7 where product_id = 'gentleman'",
    );
    expect(await told("/catalogue/product/gentleman")).toMatchObject({ price: 7 });
    expect(await told("/catalogue/size")).toEqual({ size: 6 });
    await expect(openShelf({ ...env, DB_PASSWORD: "wrong" })).rejects.toThrow("Access denied");
  },
);
