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
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { selfSignedCertificate } from "../../../src/sandbox/plane/certificate.ts";
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
    const server = await startPostgres({ ...defaults, ...options });
    started.push(server);
    return server;
  }

  /** Asks one thing over a connection of its own. */
  async function ask(server: { port: number }, sql: string, options: pg.ClientConfig = {}): Promise<unknown[]> {
    const client = new pg.Client({ host: "127.0.0.1", port: server.port, user: "bia", password: SECRET, ...options });
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query({ text: sql, rowMode: "array" })).rows.flat();
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
    expect(await ask(server, "select rolname from pg_roles where rolname !~ '^pg_'", who)).toEqual(["Ana O'Neil"]);
    expect(await ask(server, "select usesuper from pg_user", who)).toEqual([true]);
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
    async function orphan(folder: string): Promise<{ pid: number; port: number }> {
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
      parent.kill("SIGKILL");
      await gone;
      return JSON.parse(line) as { pid: number; port: number };
    }

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
    const tls = await selfSignedCertificate(["db.local", "127.0.0.1"]);
    const server = await start({ tls });
    const ssl = { ca: tls.certificate, host: "127.0.0.1" };
    expect(await ask(server, "select ssl from pg_stat_ssl where pid = pg_backend_pid()", { ssl })).toEqual([true]);
    expect(await ask(server, "select 1")).toEqual([1]);
    const stranger = await selfSignedCertificate(["127.0.0.1"]);
    await expect(ask(server, "select 1", { ssl: { ca: stranger.certificate } })).rejects.toThrow(/certificate/);
  });

  it("refuses connections without TLS where it is required, in the words of RDS", async () => {
    const tls = await selfSignedCertificate(["127.0.0.1"]);
    const server = await start({ tls: { ...tls, required: true } });
    await expect(ask(server, "select 1")).rejects.toThrow(/no pg_hba.conf entry for host .* no encryption/);
    expect(await ask(server, "select 1", { ssl: { ca: tls.certificate } })).toEqual([1]);
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
