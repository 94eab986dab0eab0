import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { isRunning } from "../../../src/sandbox/health.ts";
import type { DatabaseServer } from "../../../src/sandbox/plane/database-server.ts";
import {
  copyMysql,
  type MysqlOptions,
  removeMysql,
  startMysql,
  stopOrphanedMysql,
} from "../../../src/sandbox/plane/mysql.ts";
import { askMysql, HAS_MYSQL } from "../../support/mysql.ts";

const SECRET = "s3nha 'com \\ tudo %$";

describe.skipIf(!HAS_MYSQL)("a MySQL of the sandbox", () => {
  let home: string;
  const started: DatabaseServer[] = [];
  let next = 0;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "bia-plane-mysql-"));
    // Where root's servers, which run as nobody, can be.
    chmodSync(home, 0o755);
  });

  afterEach(async () => {
    for (const server of started.splice(0)) await server.kill();
  });

  afterAll(async () => {
    for (const name of readdirSync(home)) if (name !== "cache") await removeMysql(join(home, name));
    rmSync(home, { recursive: true, force: true });
  });

  const newFolder = () => {
    next += 1;
    return join(home, `db-${next}`);
  };

  const login = { user: "root", password: SECRET, database: "catalog" };

  async function start(options: Partial<MysqlOptions> = {}): Promise<DatabaseServer> {
    const server = await startMysql({ folder: newFolder(), cache: join(home, "cache"), ...login, ...options });
    started.push(server);
    return server;
  }

  const ask = ({ port }: { port: number }, sql: string, more = {}) =>
    askMysql({ host: "127.0.0.1", port, ...login, ...more }, sql);

  it("has the database that was asked for, and nobody but its master user", async () => {
    const server = await start();
    expect(await ask(server, "select database() as name, current_user() as user")).toEqual([
      { name: "catalog", user: "root@%" },
    ]);
    for (const other of [{ password: "wrong" }, { password: "" }, { user: "mysql" }, { user: "" }]) {
      await expect(ask(server, "select 1", other)).rejects.toThrow("Access denied");
    }
  });

  it("lets its master user make databases and users, and neither read files nor give himself rights", async () => {
    const server = await start();
    for (const sql of [
      "create database tarefas",
      "create user ana@'%' identified by 'segredo-1'",
      "grant all privileges on tarefas.* to ana@'%'",
    ]) {
      await ask(server, sql);
    }
    await ask(server, "create table t (n int)", { user: "ana", password: "segredo-1", database: "tarefas" });
    expect(await ask(server, "select load_file('/etc/passwd') as text")).toEqual([{ text: null }]);
    for (const sql of [
      "select 1 into outfile '/tmp/bia-infra-outfile'",
      "load data infile '/etc/passwd' into table tarefas.t",
      "grant file on *.* to root@'%'",
      "update mysql.user set plugin = ''",
      "create function f returns string soname 'f.so'",
      "install plugin p soname 'p.so'",
      "set global general_log_file = '/tmp/bia-infra-log'",
      "shutdown",
    ]) {
      await expect(ask(server, sql), sql).rejects.toThrow(/denied|not updatable|not allowed/);
    }
  });

  it("has its data after it was stopped, killed and copied, and a new password only when it is given one", async () => {
    const folder = newFolder();
    const first = await start({ folder });
    await ask(first, "create table tarefa as select 'estudar' as titulo");
    await expect(start({ folder })).rejects.toThrow("runs");
    await first.kill();
    const second = await start({ folder, password: "another" });
    await ask(second, "insert into tarefa values ('dormir')");
    await expect(copyMysql(folder, newFolder())).rejects.toThrow("runs");
    await second.stop();
    const copy = newFolder();
    await copyMysql(folder, copy);
    const titles = "select titulo from tarefa order by titulo";
    const both = [{ titulo: "dormir" }, { titulo: "estudar" }];
    expect(await ask(await start({ folder: copy }), titles)).toEqual(both);
    const third = await start({ folder, password: "another", setPassword: true });
    expect(await ask(third, titles, { password: "another" })).toEqual(both);
    await expect(ask(third, titles)).rejects.toThrow("Access denied");
  });

  it("has its password in no file and in no argument", async () => {
    const folder = newFolder();
    const password = "nobody-else-knows-this-7";
    const { pid } = await start({ folder, password });
    const { stdout } = spawnSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], { encoding: "utf8" });
    expect(stdout).toContain(folder);
    expect(stdout).not.toContain(password);
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const path = join(file.parentPath, file.name);
      expect(readFileSync(path).includes(password), path).toBe(false);
    }
  });

  it("is nothing once it is removed, and cannot be while it runs", async () => {
    const folder = newFolder();
    const server = await start({ folder });
    await expect(removeMysql(folder)).rejects.toThrow("runs");
    await server.stop();
    await removeMysql(folder);
    expect(existsSync(folder)).toBe(false);
  });

  describe("left running by a process that was killed", () => {
    /** Unless it is wanted otherwise, nobody is left to end the server with the process that started it. */
    async function orphan(folder: string, { guarded = false } = {}): Promise<{ pid: number; port: number }> {
      const script = `
        const { startMysql } = await import(${JSON.stringify(join(import.meta.dirname, "../../../src/sandbox/plane/mysql.ts"))});
        const { pid, port } = await startMysql(${JSON.stringify({ folder, cache: join(home, "cache"), ...login })});
        console.log(JSON.stringify({ pid, port }));`;
      const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const line = await new Promise<string>((done) => parent.stdout.once("data", (data) => done(String(data))));
      const gone = new Promise((done) => parent.once("exit", done));
      const left = JSON.parse(line) as { pid: number; port: number };
      if (!guarded) process.kill(guardianOf(left.pid), "SIGKILL");
      parent.kill("SIGKILL");
      await gone;
      return left;
    }

    function guardianOf(pid: number): number {
      const { stdout } = spawnSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" });
      const line = stdout.split("\n").find((one) => one.endsWith(`kill -TERM "$0" ${pid}`));
      return Number(line?.trim().split(" ")[0]);
    }

    it("ends with it", async () => {
      const { pid } = await orphan(newFolder(), { guarded: true });
      await vi.waitUntil(() => !isRunning(pid), { timeout: 60_000 });
    });

    it("is stopped by the next start, with its data, or on demand", async () => {
      const folder = newFolder();
      const left = await orphan(folder);
      await ask(left, "create table tarefa as select 'estudar' as titulo");
      const server = await start({ folder });
      await expect(ask(left, "select 1")).rejects.toThrow("ECONNREFUSED");
      expect(await ask(server, "select titulo from tarefa")).toEqual([{ titulo: "estudar" }]);
      await server.stop();
      await orphan(folder);
      expect(await stopOrphanedMysql(folder)).toBe(true);
      expect(await stopOrphanedMysql(folder)).toBe(false);
    });
  });
});
