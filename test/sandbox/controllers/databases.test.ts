import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeleteDBInstanceCommand,
  ModifyDBInstanceCommand,
  RebootDBInstanceCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { databasesFolder, removeDatabases } from "../../../src/sandbox/controllers/database-servers.ts";
import type { SandboxOptions } from "../../../src/sandbox/sandbox.ts";
import { GARBAGE, say } from "../../support/attacks.ts";
import { authorityOf } from "../../support/sandbox.ts";
import { BIA, rdsOf } from "../services/rds/clients.ts";

/** A folder of the test's own. */
async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bia-databases-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What is prepared for the first database serves those of all tests. */
let cache = "";
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "bia-databases-cache-"));
});
afterAll(() => rm(cache, { recursive: true, force: true }));

/** An instance that is available, and how it is reached on this computer. */
async function available(options: SandboxOptions = {}, more: Partial<typeof BIA> = {}) {
  const clients = await rdsOf({ cache, ...options });
  await clients.create(more);
  await clients.world.clock.advance(1200_000);
  expect(await clients.status()).toBe("available");
  return { ...clients, place: () => placeOf(clients.world) };
}

function placeOf(world: Awaited<ReturnType<typeof rdsOf>>["world"]) {
  const { hidden } = world.region("us-east-1").rds.dbInstances.get("bia") ?? {};
  return { host: hidden?.address ?? "", port: hidden?.endpoint.Port ?? 0 };
}

/** Asks the database of this place, as the app does. */
async function ask(place: { host: string; port: number }, sql: string, settings: pg.ClientConfig = {}) {
  const client = new pg.Client({
    ...place,
    user: BIA.MasterUsername,
    password: BIA.MasterUserPassword,
    database: "postgres",
    ssl: { rejectUnauthorized: false },
    ...settings,
  });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe("a database instance", () => {
  it("is created, has an endpoint late, makes its first backup, and is available", async () => {
    const { create, status, describe: found, world } = await rdsOf({ delays: "real" });
    await create();
    await world.clock.advance(200_000);
    expect(await found()).toMatchObject({ DBInstanceStatus: "creating" });
    expect((await found())?.Endpoint).toBeUndefined();
    await world.clock.advance(20_000);
    expect(await found()).toMatchObject({
      DBInstanceStatus: "creating",
      Endpoint: { Address: expect.stringMatching(/^bia\.c[a-z0-9]{11}\.us-east-1\.rds\.amazonaws\.com$/), Port: 5432 },
    });
    await world.clock.advance(60_000);
    expect(await status()).toBe("backing-up");
    await world.clock.advance(60_000);
    expect(await status()).toBe("available");
    expect((await found())?.PendingModifiedValues).toEqual({});
  });

  it("without backups makes none", async () => {
    const { create, status, world } = await rdsOf({ delays: "real" });
    await create({ BackupRetentionPeriod: 0 });
    await world.clock.advance(271_000);
    expect(await status()).toBe("available");
  });

  it("that is deleted is listed for minutes, and its interface with it", async () => {
    const { rds, status, describe: found, world } = await available({ delays: "real" });
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "bia", SkipFinalSnapshot: true }));
    await world.clock.advance(200_000);
    expect(await status()).toBe("deleting");
    expect(world.region("us-east-1").ec2.networkInterfaces.all()).toHaveLength(1);
    await world.clock.advance(60_000);
    expect(await found()).toBeUndefined();
    expect(world.region("us-east-1").ec2.networkInterfaces.all()).toEqual([]);
  });

  it("goes on where it was when the sandbox starts again", async () => {
    const folder = await temporary();
    const first = await rdsOf({ delays: "real", folder });
    await first.create();
    await first.world.clock.advance(100_000);
    await first.sandbox.close();
    const again = await rdsOf({ delays: "real", folder });
    expect(await again.status()).toBe("creating");
    await again.world.clock.advance(1200_000);
    expect(await again.status()).toBe("available");
  });
});

describe("behind a database instance that is available", () => {
  it("answers a PostgreSQL of its major version, to the master user, over TLS only", async () => {
    const { place } = await available();
    expect(await ask(place(), "select current_user as name, current_setting('server_version') as version")).toEqual([
      { name: "postgres", version: expect.stringMatching(/^16\./) },
    ]);
    await expect(ask(place(), "select 1", { ssl: false })).rejects.toThrow(
      /no pg_hba\.conf entry for host .*no encryption/,
    );
    await expect(ask(place(), "select 1", { password: "wrong" })).rejects.toThrow(/password authentication failed/);
    await expect(ask(place(), "select 1", { database: "bia" })).rejects.toThrow(/database "bia" does not exist/);
  });

  it("shows a certificate for its name and its address, which the sandbox's authority signed", async () => {
    const { place, describe: found, sandbox } = await available();
    const { host, port } = place();
    const ca = await authorityOf(sandbox);
    const servername = (await found())?.Endpoint?.Address ?? "";
    // As `sslmode=verify-full` does, which node-postgres does by itself where it is given an authority.
    for (const ssl of [{ ca }, { ca, servername }])
      expect(await ask({ host, port }, "select 1 as one", { ssl })).toEqual([{ one: 1 }]);
    await expect(ask({ host, port }, "select 1", { ssl: { ca, servername: `other.${servername}` } })).rejects.toThrow(
      /altnames/,
    );
  });

  it("is one whose master user is no superuser, and which starts no programs", async () => {
    const { place } = await available();
    expect(
      await ask(place(), "select current_setting('is_superuser') as is, current_setting('rds.force_ssl') as tls"),
    ).toEqual([{ is: "off", tls: "on" }]);
    await expect(ask(place(), "copy (select 1) to program 'id'")).rejects.toThrow(
      "permission denied to COPY to or from an external program",
    );
    await ask(place(), "create role ana; grant rds_superuser to ana");
  });

  it("is the database that was asked for by name", async () => {
    const { place } = await available({}, { DBName: "tarefas" } as object);
    expect(await ask(place(), "select current_database() as name", { database: "tarefas" })).toEqual([
      { name: "tarefas" },
    ]);
  });

  it("are the same data after the sandbox was stopped and started, and no process in between", async () => {
    const folder = await temporary();
    const first = await available({ folder });
    await ask(first.place(), "create table kept as select 7 as number");
    const place = first.place();
    await first.sandbox.close();
    await expect(ask(place, "select 1")).rejects.toThrow(/ECONNREFUSED/);
    const again = await rdsOf({ folder, cache });
    await untilListening(placeOf(again.world));
    expect(await ask(placeOf(again.world), "select number from kept")).toEqual([{ number: 7 }]);
  });

  it("is nothing once it is deleted: neither a port nor a file", async () => {
    const folder = await temporary();
    const { place, rds, world, describe: found } = await available({ folder });
    await ask(place(), "select 1");
    const address = place();
    expect(await readdir(databasesFolder(folder))).toHaveLength(1);
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "bia", SkipFinalSnapshot: true }));
    await world.clock.advance(1000);
    while (await found()) await world.clock.advance(1000);
    await expect(ask(address, "select 1")).rejects.toThrow(/ECONNREFUSED/);
    expect(await readdir(databasesFolder(folder))).toEqual([]);
  });

  it("is nothing once the sandbox was reset", async () => {
    const folder = await temporary();
    const { place, sandbox } = await available({ folder });
    await ask(place(), "select 1");
    await sandbox.close();
    expect(await readdir(databasesFolder(folder))).toHaveLength(1);
    await removeDatabases(folder, cache);
    expect(await readdir(databasesFolder(folder))).toEqual([]);
  });

  it("takes the new password once it is applied, and the old one no more", async () => {
    const { place, rds, world } = await available();
    await ask(place(), "create table kept as select 7 as number");
    const input = { DBInstanceIdentifier: "bia", MasterUserPassword: "battery-staple", ApplyImmediately: true };
    await rds.send(new ModifyDBInstanceCommand(input));
    await world.clock.advance(1000);
    const password = "battery-staple";
    expect(await ask(place(), "select number from kept", { password })).toEqual([{ number: 7 }]);
    await expect(ask(place(), "select 1")).rejects.toThrow(/password authentication failed/);
  });

  it("breaks connections for another class, keeps them for a larger storage, and its data in any case", async () => {
    const { place, rds, world } = await available();
    const modify = async (input: object) => {
      const call = { DBInstanceIdentifier: "bia", ApplyImmediately: true, ...input };
      await rds.send(new ModifyDBInstanceCommand(call));
      await world.clock.advance(1000);
    };
    const client = new pg.Client({
      ...place(),
      user: BIA.MasterUsername,
      password: BIA.MasterUserPassword,
      database: "postgres",
      ssl: { rejectUnauthorized: false },
    });
    const broken = new Promise<Error>((resolve) => client.on("error", resolve));
    await client.connect();
    await client.query("create table kept as select 7 as number");
    await modify({ AllocatedStorage: 30 });
    expect((await client.query("select number from kept")).rows).toEqual([{ number: 7 }]);
    await modify({ DBInstanceClass: "db.t3.small" });
    expect((await broken).message).toBe("terminating connection due to administrator command");
    expect(await ask(place(), "select number from kept")).toEqual([{ number: 7 }]);
  });

  it("lets nobody in while it is stopped, and has its data when it is started", async () => {
    const { place, rds, world, status } = await available();
    await ask(place(), "create table kept as select 7 as number");
    const name = { DBInstanceIdentifier: "bia" };
    await rds.send(new StopDBInstanceCommand(name));
    await world.clock.advance(1000);
    while ((await status()) !== "stopped") await world.clock.advance(1000);
    await expect(ask(place(), "select 1")).rejects.toThrow(/ECONNREFUSED/);
    await rds.send(new StartDBInstanceCommand(name));
    await world.clock.advance(1000);
    await untilListening(place());
    await rds.send(new RebootDBInstanceCommand(name));
    await world.clock.advance(1000);
    while ((await status()) !== "available") await world.clock.advance(1000);
    await untilListening(place());
    expect(await ask(place(), "select number from kept")).toEqual([{ number: 7 }]);
  });
});

describe("a database whose server cannot start", () => {
  it("says so, and why, to clients with and without TLS and in the sandbox's log", async () => {
    const folder = await temporary();
    const { place } = await available({ folder });
    await writeFile(databasesFolder(folder), "in the way");
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => log.mockRestore());
    for (const ssl of [{ rejectUnauthorized: false }, false]) {
      await expect(ask(place(), "select 1", { ssl })).rejects.toThrow(/bia-infra sandbox: .*(EEXIST|ENOTDIR)/);
    }
    expect(log.mock.calls.map((words) => words.join(" ")).join("\n")).toMatch(
      /The database bia \(us-east-1\) cannot be reached\. .*(EEXIST|ENOTDIR)/,
    );
  });

  it("is not started by somebody who does not speak to a database", async () => {
    const folder = await temporary();
    const { place } = await available({ folder });
    for (const what of GARBAGE.filter((one) => !isPostgres(one))) {
      await say({ address: place().host, port: place().port }, what);
    }
    expect(await readdir(databasesFolder(folder)).catch(() => [])).toEqual([]);
  });
});

/** Whether PostgreSQL itself would take it for the beginning of something. */
function isPostgres(what: string | Buffer): boolean {
  return Buffer.from(what).equals(Buffer.from("0000000804d2162f", "hex"));
}

/** Resolves once something takes connections there. */
async function untilListening({ host, port }: { host: string; port: number }): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect({ host, port });
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("close", () => socket.destroy()).once("connect", () => socket.destroy());
    });
    if (isOpen) return;
  }
}
