import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed, vi } from "vitest";
import { isRunning } from "../../../src/sandbox/health.ts";
import { Authorities } from "../../../src/sandbox/plane/authorities.ts";
import { handOver, makeCache, makeHome } from "../../../src/sandbox/plane/database-home.ts";
import { run } from "../../../src/sandbox/plane/database-program.ts";
import { findBinaries } from "../../../src/sandbox/plane/postgres/binaries.ts";
import {
  type PostgresOptions,
  type PostgresServer,
  removePostgres,
  startPostgres,
  stopOrphanedPostgres,
} from "../../../src/sandbox/plane/postgres.ts";

const SECRET = "s3nha 'com \\ tudo\" %$";

describe("a PostgreSQL of the sandbox", () => {
  let home: string;
  const started: PostgresServer[] = [];
  let next = 0;

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "bia-plane-postgres-"));
    // Where root's servers, which run as nobody, can be.
    chmodSync(home, 0o755);
  });

  afterEach(async () => {
    for (const server of started.splice(0)) await server.kill();
  });

  afterAll(async () => {
    for (let i = 1; i <= next; i++) await removePostgres(join(home, `db-${i}`), join(home, "cache"));
    rmSync(home, { recursive: true, force: true });
  });

  const newFolder = () => {
    next += 1;
    return join(home, `db-${next}`);
  };

  async function start(options: Partial<PostgresOptions> = {}): Promise<PostgresServer> {
    const defaults = { folder: newFolder(), cache: join(home, "cache"), user: "bia", password: SECRET };
    const log: string[] = [];
    const began = new Date().toISOString();
    // What is slow or stuck can only be told by the server itself.
    onTestFailed(() => console.log([`started at ${began}:`, ...log].join("\n")));
    const onLog = (line: string) => {
      log.push(`${new Date().toISOString()} ${line}`);
      options.onLog?.(line);
    };
    const server = await startPostgres({ ...defaults, ...options, onLog });
    started.push(server);
    return server;
  }

  /** A server's certificate for some names, with what is above it, and what its clients have to trust. */
  async function certificateFor(...names: string[]) {
    const authorities = new Authorities([]);
    const from = new Date(Date.now() - 60_000);
    const { key, certificate, chain } = await authorities.issue({
      names,
      from,
      until: new Date(Date.now() + 3_600_000),
    });
    return { tls: { key, certificate: certificate + chain }, ca: (await authorities.root()).pem };
  }

  /** Asks one thing over a connection of its own. */
  async function ask(server: { port: number }, sql: string, options: pg.ClientConfig = {}): Promise<unknown[]> {
    const client = new pg.Client({ host: "127.0.0.1", port: server.port, user: "bia", password: SECRET, ...options });
    client.on("error", () => {});
    await client.connect();
    try {
      const results = [await client.query({ text: sql, rowMode: "array" })].flat();
      return results.at(-1)?.rows.flat() ?? [];
    } finally {
      await client.end();
    }
  }

  it("is version 16, whatever is installed on the machine", async () => {
    expect(await ask(await start(), "show server_version")).toEqual([expect.stringMatching(/^16\./)]);
  });

  it("has the user, the password and the database that it was started with", async () => {
    const server = await start({ user: "Ana O'Neil", database: 'loja "1"' });
    const who = { user: "Ana O'Neil", database: 'loja "1"' };
    expect(await ask(server, "select current_user, current_database()", who)).toEqual(["Ana O'Neil", 'loja "1"']);
    const roles = "select rolname from pg_roles where rolname !~ '^pg_' and not rolsuper";
    expect(await ask(server, roles, who)).toEqual(["Ana O'Neil"]);
  });

  it("names the database like the user where nothing else is said", async () => {
    expect(await ask(await start(), "select current_database()")).toEqual(["bia"]);
  });

  it("refuses a wrong password and a missing one", async () => {
    const server = await start();
    await expect(ask(server, "select 1", { password: "errada" })).rejects.toThrow("password authentication failed");
    await expect(ask(server, "select 1", { password: "" })).rejects.toThrow(/password/);
  });

  it("listens on 127.0.0.1 alone", async () => {
    expect(await ask(await start(), "show listen_addresses")).toEqual(["127.0.0.1"]);
  });

  it("sorts and lower-cases letters with accents as people do", async () => {
    const server = await start();
    const sorted = "select string_agg(x, ' ' order by x), lower('ÁGUA') from unnest(array['zebra', 'água', 'bia']) x";
    expect(await ask(server, sorted)).toEqual(["água bia zebra", "água"]);
  });

  it("keeps its data, users and passwords over stop and start", async () => {
    const folder = newFolder();
    const first = await start({ folder });
    await ask(first, "create table tarefa (titulo text)");
    await ask(first, "insert into tarefa values ('estudar')");
    await first.stop();
    const second = await start({ folder, password: "outra" });
    expect(await ask(second, "select titulo from tarefa")).toEqual(["estudar"]);
    await expect(ask(second, "select 1", { password: "outra" })).rejects.toThrow("password authentication failed");
  });

  it("stops cleanly although a client is connected", async () => {
    const log: string[] = [];
    const server = await start({ onLog: (line) => log.push(line) });
    const client = new pg.Client({ host: "127.0.0.1", port: server.port, user: "bia", password: SECRET });
    client.on("error", () => {});
    await client.connect();
    await server.stop();
    expect(await server.exited).toEqual({ asked: true, code: 0 });
    expect(log.at(-1)).toContain("database system is shut down");
  });

  it("says that it was ended by somebody else, and recovers what was committed", async () => {
    const folder = newFolder();
    const first = await start({ folder });
    await ask(first, "create table tarefa as select 'estudar' as titulo");
    process.kill(first.pid, "SIGKILL");
    expect(await first.exited).toEqual({ asked: false, signal: "SIGKILL" });
    const second = await start({ folder });
    expect(await ask(second, "select titulo from tarefa")).toEqual(["estudar"]);
  });

  it("recovers from being killed again and again", async () => {
    const folder = newFolder();
    for (let round = 0; round < 3; round++) {
      const server = await start({ folder });
      await ask(server, `create table t${round} ()`);
      await server.kill();
    }
    const last = await start({ folder });
    expect(await ask(last, "select count(*)::int from pg_tables where schemaname = 'public'")).toEqual([3]);
  });

  it("starts although the process id of its last run belongs to another program now, and leaves that alone", async () => {
    const folder = newFolder();
    const first = await start({ folder });
    await first.kill();
    const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const pidFile = join(folder, "data", "postmaster.pid");
    const [, ...rest] = readFileSync(pidFile, "utf8").split("\n");
    writeFileSync(pidFile, [bystander.pid, ...rest].join("\n"));
    const second = await start({ folder });
    expect(await ask(second, "select 1")).toEqual([1]);
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    bystander.kill();
  });

  it("does not take another server on its last port for its own", async () => {
    const folder = newFolder();
    const first = await start({ folder });
    await first.kill();
    const other = await start();
    const pidFile = join(folder, "data", "postmaster.pid");
    const lines = readFileSync(pidFile, "utf8").split("\n");
    lines[0] = String(other.pid);
    lines[3] = String(other.port);
    writeFileSync(pidFile, lines.join("\n"));
    const second = await start({ folder });
    expect(await ask(second, "select 1")).toEqual([1]);
    expect(await ask(other, "select 1")).toEqual([1]);
  });

  describe("left running by a process that was killed", () => {
    /** Unless it is wanted otherwise, nobody is left to end the server with the process that started it. */
    async function orphan(folder: string, { guarded = false } = {}): Promise<{ pid: number; port: number }> {
      const script = `
        const { startPostgres } = await import(${JSON.stringify(join(import.meta.dirname, "../../../src/sandbox/plane/postgres.ts"))});
        const options = ${JSON.stringify({ folder, cache: join(home, "cache"), user: "bia", password: SECRET })};
        const { pid, port } = await startPostgres(options);
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
      return Number(
        stdout
          .split("\n")
          .find((line) => line.endsWith(`kill -INT "$0" ${pid}`))
          ?.trim()
          .split(" ")[0],
      );
    }

    it("ends with it", async () => {
      const { pid } = await orphan(newFolder(), { guarded: true });
      await vi.waitUntil(() => !isRunning(pid), { timeout: 20_000 });
    });

    it("is stopped by the next start, and its data is there", async () => {
      const folder = newFolder();
      const left = await orphan(folder);
      await ask(left, "create table tarefa as select 'estudar' as titulo");
      const server = await start({ folder });
      await expect(ask(left, "select 1")).rejects.toThrow("ECONNREFUSED");
      expect(await ask(server, "select titulo from tarefa")).toEqual(["estudar"]);
    });

    it("is stopped on demand", async () => {
      const folder = newFolder();
      const left = await orphan(folder);
      expect(await stopOrphanedPostgres(folder, join(home, "cache"))).toBe(true);
      await expect(ask(left, "select 1")).rejects.toThrow("ECONNREFUSED");
      expect(await stopOrphanedPostgres(folder, join(home, "cache"))).toBe(false);
    });
  });

  it("cannot be started twice in one folder", async () => {
    const folder = newFolder();
    const server = await start({ folder });
    await expect(start({ folder })).rejects.toThrow("already runs");
    expect(await ask(server, "select 1")).toEqual([1]);
  });

  it("takes nothing half made for a database", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "data-unfinished"), { recursive: true });
    writeFileSync(join(folder, "data-unfinished", "PG_VERSION"), "16\n");
    expect(await ask(await start({ folder }), "select 1")).toEqual([1]);
  });

  it("leaves the password in no process argument and in no file that others can read", async () => {
    const folder = newFolder();
    const log: string[] = [];
    const server = await start({ folder, onLog: (line) => log.push(line) });
    const commands = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" }).stdout;
    expect(commands).toContain(`-p ${server.port}`);
    expect(commands).not.toContain(SECRET);
    expect(log.join("\n")).not.toContain(SECRET);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
    const holding = files.filter((file) => statSync(file).isFile() && readFileSync(file).includes(SECRET));
    expect(holding).toEqual([]);
    expect(statSync(folder).mode & 0o077).toBe(0);
  });

  it("speaks TLS with the certificate that it is given", async () => {
    const { tls, ca } = await certificateFor("db.test", "127.0.0.1");
    const server = await start({ tls });
    const ssl = { ca, host: "127.0.0.1" };
    expect(await ask(server, "select ssl from pg_stat_ssl where pid = pg_backend_pid()", { ssl })).toEqual([true]);
    expect(await ask(server, "select 1")).toEqual([1]);
    const stranger = await certificateFor("127.0.0.1");
    await expect(ask(server, "select 1", { ssl: { ca: stranger.ca } })).rejects.toThrow(/certificate/);
  });

  it("refuses connections without TLS where it is required, in the words of RDS", async () => {
    const { tls, ca } = await certificateFor("127.0.0.1");
    const server = await start({ tls: { ...tls, required: true } });
    await expect(ask(server, "select 1")).rejects.toThrow(/no pg_hba.conf entry for host .* no encryption/);
    expect(await ask(server, "select 1", { ssl: { ca } })).toEqual([1]);
  });

  /** What nobody who has the password may do to this computer. */
  const ESCAPES = [
    "copy (select 1) to program 'id'",
    "copy (select 1) to '/tmp/bia-escaped'",
    "create table t (line text); copy t from '/etc/passwd'",
    "select pg_read_file('/etc/passwd')",
    "select pg_ls_dir('/')",
    "select lo_import('/etc/passwd')",
    "alter system set archive_command = 'id'",
    "create function f() returns int language c as '/lib/x86_64-linux-gnu/libc.so.6', 'getpid'",
    "load '/lib/x86_64-linux-gnu/libc.so.6'",
    "create role z superuser",
    "alter role current_user superuser",
    "grant pg_execute_server_program to current_user",
    "grant pg_read_server_files to current_user",
    "update pg_authid set rolsuper = true",
    "create extension plpython3u",
    "create extension plperlu",
    "create extension file_fdw",
    "create extension adminpack",
    "create extension pageinspect",
  ];

  it.each(["image", "rds"] as const)(
    "lets its master user neither start programs nor read files nor become superuser (%s)",
    async (model) => {
      const server = await start({ model });
      for (const sql of ESCAPES) {
        await expect(ask(server, sql), sql).rejects.toThrow(
          /permission denied|not allowed|is not available|is not supported by Amazon RDS|syntax error/,
        );
      }
      const [admin] = (await ask(server, "select rolname from pg_roles where rolsuper")) as string[];
      await expect(ask(server, `alter role ${admin} password 'known'`)).rejects.toThrow("permission denied");
      await expect(ask(server, `set role ${admin}`)).rejects.toThrow("permission denied");
      await expect(ask(server, "select 1", { user: admin ?? "" })).rejects.toThrow("pg_hba.conf rejects connection");
      expect(await ask(server, "select current_setting('is_superuser')")).toEqual(["off"]);
    },
  );

  it.each(["image", "rds"] as const)("lets its master user do what migrations do (%s)", async (model) => {
    const server = await start({ model });
    const migrations = [
      'create extension if not exists "uuid-ossp"',
      ...["pgcrypto", "citext", "hstore", "pg_trgm", "unaccent", "pg_stat_statements", "amcheck"].map(
        (name) => `create extension ${name}`,
      ),
      "create extension postgres_fdw",
      "create server other foreign data wrapper postgres_fdw options (host '127.0.0.1')",
      "create schema loja",
      "create type loja.estado as enum ('novo', 'pago')",
      "create table loja.pedido (id uuid primary key default uuid_generate_v4(), estado loja.estado, nome citext)",
      "create index on loja.pedido using gin (nome gin_trgm_ops)",
      'create table "Tarefas" (uuid uuid primary key default gen_random_uuid())',
      "create function soma(a int, b int) returns int language plpgsql as $$ begin return a + b; end $$",
      "create role leitor login password 'leitor'",
      "grant usage on schema loja to leitor; grant select on all tables in schema loja to leitor",
      "create database outro",
      "alter database outro set timezone to 'America/Sao_Paulo'",
      "alter database outro owner to current_user",
      "set session_replication_role = replica",
      "select pg_cancel_backend(pid) from pg_stat_activity where usename = 'leitor'",
      "select bt_index_check('loja.pedido_pkey')",
      "checkpoint",
      "drop schema public cascade; create schema public",
      "drop database outro",
      // Whoever makes a role is no member of it from PostgreSQL 16 on.
      ...(model === "rds" ? ["grant leitor to current_user"] : []),
      "set role leitor",
      "drop owned by leitor; drop role leitor",
    ];
    for (const sql of migrations) await expect(ask(server, sql), sql).resolves.toBeDefined();
  });

  describe("of RDS", () => {
    it("has RDS's roles, settings and a database of its own that lets nobody in", async () => {
      const server = await start({ model: "rds" });
      const roles = (await ask(server, "select rolname from pg_roles")) as string[];
      for (const role of ["rdsadmin", "rds_superuser", "rds_password", "rds_replication", "rds_iam", "rds_ad"])
        expect(roles).toContain(role);
      const member = "select pg_has_role('bia', 'rds_superuser', 'member'), pg_has_role('bia', 'pg_monitor', 'usage')";
      expect(await ask(server, member)).toEqual([true, true]);
      const attributes = "rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolvaliduntil::text";
      expect(await ask(server, `select ${attributes} from pg_roles where rolname = 'bia'`)).toEqual([
        false,
        true,
        true,
        false,
        false,
        "infinity",
      ]);
      expect(await ask(server, "select pg_get_userbyid(datdba) from pg_database where datname = 'rdsadmin'")).toEqual([
        "rdsadmin",
      ]);
      await expect(ask(server, "select 1", { database: "rdsadmin" })).rejects.toThrow(
        /pg_hba\.conf rejects connection for host .*database "rdsadmin"/,
      );
      await ask(server, "create role ana login; grant rds_superuser to ana; grant rds_iam, rds_replication to ana");
      expect(await ask(server, "select pg_has_role('ana', 'rds_superuser', 'member')")).toEqual([true]);
      expect(await ask(server, "show rds.force_ssl")).toEqual(["off"]);
      expect(String(await ask(server, "show rds.extensions"))).toContain("pg_trgm");
      const { tls, ca } = await certificateFor("127.0.0.1");
      const forced = await start({ model: "rds", tls: { ...tls, required: true } });
      expect(await ask(forced, "show rds.force_ssl", { ssl: { ca } })).toEqual(["on"]);
    });

    it("refuses extensions in RDS's words, in new databases too", async () => {
      const server = await start({ model: "rds" });
      await ask(server, "create database outro");
      for (const database of ["bia", "postgres", "outro"]) {
        await expect(ask(server, 'CREATE EXTENSION IF NOT EXISTS "plv9"', { database })).rejects.toMatchObject({
          code: "22023",
          message: 'Extension "plv9" is not supported by Amazon RDS',
          detail: expect.stringContaining("it is not on the list of extensions supported by Amazon RDS."),
          hint: expect.stringContaining("SHOW rds.extensions"),
        });
      }
      expect(await ask(server, "select count(*)::int from pg_extension where extname = 'plv9'")).toEqual([0]);
    });
  });

  describe("made by an older sandbox, whose master user was the superuser", () => {
    /** As those were made. */
    async function older(folder: string): Promise<void> {
      const at = await makeHome(folder);
      const cache = await makeCache(join(home, "cache"));
      const { initdb, postgres } = await findBinaries(cache);
      const pwfile = join(at, "pw");
      writeFileSync(pwfile, `${SECRET}\n`);
      await handOver(pwfile);
      const data = join(at, "data");
      const made = await run(
        initdb,
        ["-D", data, "--username=bia", "--auth=scram-sha-256", `--pwfile=${pwfile}`, "-E", "UTF8", "--locale=C"],
        at,
      );
      expect(made).toMatchObject({ code: 0 });
      const alone = async (database: string, sql: string[]) =>
        expect(
          await run(postgres, ["--single", "-D", data, "-c", "exit_on_error=on", database], at, `${sql.join("\n")}\n`),
        ).toMatchObject({ code: 0 });
      await alone("postgres", ["create database bia"]);
      await alone("bia", [
        "create schema loja",
        "create type loja.estado as enum ('novo')",
        "create table loja.pedido (id serial primary key, e loja.estado default 'novo')",
        "create view loja.todos as select * from loja.pedido",
        "create function um() returns int language sql as 'select 1'",
        "insert into loja.pedido default values",
        "create role leitor login",
        "grant select on loja.pedido to leitor",
        "create extension hstore",
      ]);
    }

    it.each(["image", "rds"] as const)(
      "keeps its data, its password and its owner, who is no superuser any more (%s)",
      async (model) => {
        const folder = newFolder();
        await older(folder);
        const server = await start({ folder, model, password: "not looked at" });
        expect(await ask(server, "select id, e::text from loja.todos")).toEqual([1, "novo"]);
        await ask(server, "alter table loja.pedido add column nome text; insert into loja.pedido default values");
        await ask(server, "drop view loja.todos; drop function um(); alter type loja.estado add value 'pago'");
        await ask(server, "create table nova (id serial); drop role if exists ninguem");
        expect(await ask(server, "select has_table_privilege('leitor', 'loja.pedido', 'select')")).toEqual([true]);
        expect(await ask(server, "select rolsuper from pg_roles where rolname = 'bia'")).toEqual([false]);
        await expect(ask(server, "copy (select 1) to program 'id'")).rejects.toThrow("permission denied");
        await server.stop();
        const again = await start({ folder, model });
        expect(await ask(again, "select count(*)::int from loja.pedido")).toEqual([2]);
      },
    );

    it("is made so even if that was cut off on the way", async () => {
      const folder = newFolder();
      await older(folder);
      const first = await start({ folder, model: "rds" });
      await first.stop();
      const at = await makeHome(folder);
      rmSync(join(at, "data", "bia-infra-admin"));
      const { postgres } = await findBinaries(join(home, "cache"));
      const back = "update pg_class set relowner = 10 where relname = 'pedido'\n";
      expect(await run(postgres, ["--single", "-D", join(at, "data"), "bia"], at, back)).toMatchObject({ code: 0 });
      const again = await start({ folder, model: "rds" });
      await ask(again, "alter table loja.pedido add column nome text");
    });
  });

  const isRoot = process.getuid?.() === 0;
  it.runIf(isRoot)(
    "is elsewhere for root, where its own user can reach it, if the folder lies behind a closed one",
    async () => {
      const closed = join(home, "closed");
      mkdirSync(closed, { mode: 0o700 });
      const folder = join(closed, "db");
      const server = await start({ folder });
      await ask(server, "create table tarefa as select 'estudar' as titulo");
      await server.stop();
      expect(await ask(await start({ folder }), "select titulo from tarefa")).toEqual(["estudar"]);
      await started.at(-1)?.stop();
      const elsewhere = readFileSync(join(folder, "elsewhere"), "utf8");
      expect(readdirSync(elsewhere)).toContain("data");
      await removePostgres(folder, join(home, "cache"));
      expect(existsSync(elsewhere) || existsSync(folder)).toBe(false);
    },
  );

  it.runIf(isRoot)("is removed to its end where a removal was cut short", async () => {
    const closed = mkdtempSync(join(tmpdir(), "bia-plane-postgres-"));
    const folder = join(closed, "db");
    try {
      const elsewhere = await makeHome(folder);
      rmSync(elsewhere, { recursive: true });
      await expect(start({ folder })).rejects.toThrow("which is gone");
      await removePostgres(folder, join(home, "cache"));
      expect(existsSync(folder)).toBe(false);
    } finally {
      rmSync(closed, { recursive: true, force: true });
    }
  });

  it("says that its port is taken", async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
    const { port } = taken.address() as AddressInfo;
    await expect(start({ port })).rejects.toMatchObject({
      message: `PostgreSQL could not be started: port ${port} of 127.0.0.1 is taken.`,
      next: expect.stringContaining(`End what listens on port ${port}`),
    });
    taken.close();
  });

  it("says what is wrong with a name or a password", async () => {
    await expect(start({ user: "pg_bia" })).rejects.toThrow('role name "pg_bia" is reserved');
    await expect(start({ database: "a\nb" })).rejects.toThrow('"a\\nb" is no name');
    await expect(start({ password: "" })).rejects.toThrow("password is empty");
  });

  const canMount = process.platform === "linux" && process.getuid?.() === 0;
  it.runIf(canMount)("says that the disk is full, loses nothing, and heals when there is room", async () => {
    const disk = join(home, "disk");
    mkdirSync(disk);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=100m,mode=755", "tmpfs", disk], {
      encoding: "utf8",
    });
    expect(mounted.stderr).toBe("");
    try {
      const folder = join(disk, "db");
      const fill = join(disk, "fill");
      spawnSync("dd", ["if=/dev/zero", `of=${fill}`, "bs=1M", "count=95"]);
      await expect(start({ folder })).rejects.toMatchObject({
        message: expect.stringMatching(/no space left on device/i),
        next: expect.stringContaining("is full"),
      });
      rmSync(fill);

      const server = await start({ folder });
      await ask(server, "create table tarefa as select 'estudar' as titulo");
      spawnSync("dd", ["if=/dev/zero", `of=${fill}`, "bs=1M"]);
      await expect(
        ask(server, "create table big as select repeat('x', 1000) from generate_series(1, 100000)"),
      ).rejects.toThrow();
      const onlyLog = "select pg_logical_emit_message(true, 'bia', repeat('x', 1000000)) from generate_series(1, 40)";
      await expect(ask(server, onlyLog)).rejects.toThrow();
      expect(await server.exited).toMatchObject({ reason: expect.stringContaining("No space left on device") });
      rmSync(fill);

      const healed = await start({ folder });
      expect(await ask(healed, "select titulo from tarefa")).toEqual(["estudar"]);
      await healed.stop();
    } finally {
      for (const server of started.splice(0)) await server.kill();
      spawnSync("umount", [disk]);
    }
  });
});
