import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBSnapshotsCommand,
  ModifyDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { databasesFolder, removeDatabases } from "../../../src/sandbox/controllers/database-servers.ts";
import type { SandboxOptions } from "../../../src/sandbox/sandbox.ts";
import { askMysql, HAS_MYSQL } from "../../support/mysql.ts";
import { authorityOf } from "../../support/sandbox.ts";
import { MYSQL, rdsOf } from "../services/rds/clients.ts";

let cache = "";
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "bia-mysql-cache-"));
});
afterAll(() => rm(cache, { recursive: true, force: true }));

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bia-mysql-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

type Clients = Awaited<ReturnType<typeof rdsOf>>;

/** Where an instance is reached on this computer, and how one logs in. */
function loginTo({ world }: Clients, id = "catalog") {
  const { hidden } = world.region("us-east-1").rds.dbInstances.get(id) ?? {};
  const { MasterUsername: user, MasterUserPassword: password, DBName: database } = MYSQL;
  return { host: hidden?.address ?? "", port: hidden?.endpoint.Port ?? 0, user, password, database };
}

async function until(clients: Clients, isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await clients.world.clock.advance(1000);
}

async function available(options: SandboxOptions = {}) {
  const clients = await rdsOf({ cache, ...options });
  await clients.create(MYSQL);
  await until(clients, async () => (await clients.status()) === "available");
  return clients;
}

describe.skipIf(!HAS_MYSQL)("behind a database instance of MySQL", () => {
  it("answers a server with its database, to clients with TLS and without, at a certificate for its name", async () => {
    const clients = await available();
    const login = loginTo(clients);
    expect(login.port).toBe(3306);
    const secure = "show session status like 'Ssl_cipher'";
    expect(await askMysql(login, secure)).toMatchObject([{ Value: "" }]);
    const ssl = { ca: await authorityOf(clients.sandbox) };
    expect(await askMysql({ ...login, ssl }, secure)).toMatchObject([{ Value: expect.stringMatching(/^TLS_/) }]);
    await expect(askMysql({ ...login, password: "wrong" }, "select 1")).rejects.toThrow("Access denied");
  });

  it("are the same data after a restart of the sandbox and after a snapshot, and none after a deletion", async () => {
    const folder = await temporary();
    const first = await available({ folder });
    const before = loginTo(first);
    await askMysql(before, "create table kept as select 7 as number");
    await first.sandbox.close();
    await expect(askMysql(before, "select 1")).rejects.toThrow("ECONNREFUSED");

    const again = await rdsOf({ folder, cache });
    const { rds } = again;
    const kept = [{ number: 7 }];
    const listening = async (id?: string) => {
      const reached = () => askMysql(loginTo(again, id), "select number from kept");
      return vi.waitFor(reached, { timeout: 60_000, interval: 50 });
    };
    expect(await listening()).toEqual(kept);
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "catalog", DBSnapshotIdentifier: "s" }));
    await until(again, async () => {
      const { DBSnapshots } = await rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: "s" }));
      return DBSnapshots?.[0]?.Status === "available";
    });
    const input = { DBInstanceIdentifier: "other", DBSnapshotIdentifier: "s" };
    await rds.send(new RestoreDBInstanceFromDBSnapshotCommand(input));
    const instances = again.world.region("us-east-1").rds.dbInstances;
    await until(again, async () => instances.get("other")?.DBInstanceStatus === "available");
    expect(await listening("other")).toEqual(kept);

    for (const id of ["catalog", "other"]) {
      await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: id, SkipFinalSnapshot: true }));
    }
    await until(again, async () => instances.all().length === 0);
    expect((await readdir(databasesFolder(folder))).filter((name) => name.startsWith("db-"))).toEqual([]);
    await again.sandbox.close();
    await removeDatabases(folder, cache);
    expect(await readdir(databasesFolder(folder))).toEqual([]);
  });

  it("takes a new password and a new port, and lets nobody in while it is stopped", async () => {
    const clients = await available();
    await askMysql(loginTo(clients), "create table kept as select 7 as number");
    const DBInstanceIdentifier = "catalog";
    await clients.rds.send(
      new ModifyDBInstanceCommand({
        DBInstanceIdentifier,
        MasterUserPassword: "battery-staple",
        DBPortNumber: 13306,
        ApplyImmediately: true,
      }),
    );
    await until(clients, async () => (await clients.describe())?.Endpoint?.Port === 13306);
    const login = { ...loginTo(clients), password: "battery-staple" };
    expect(await askMysql(login, "select number from kept")).toEqual([{ number: 7 }]);
    await until(clients, async () => (await clients.status()) === "available");
    await clients.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
    await until(clients, async () => (await clients.status()) === "stopped");
    await expect(askMysql(login, "select 1")).rejects.toThrow("ECONNREFUSED");
  });
});

it("a MySQL that cannot start says why to its clients, and in the sandbox's log", async () => {
  const folder = await temporary();
  const clients = await rdsOf({ cache, folder, missingMysql: () => undefined });
  await clients.create(MYSQL);
  await until(clients, async () => (await clients.status()) === "available");
  await writeFile(databasesFolder(folder), "in the way");
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => log.mockRestore());
  const why = HAS_MYSQL ? /bia-infra sandbox: .*(EEXIST|ENOTDIR)/ : /bia-infra sandbox: No MySQL or MariaDB.*apt-get/;
  await expect(askMysql(loginTo(clients), "select 1")).rejects.toThrow(why);
  expect(log.mock.calls.flat().join(" ")).toContain("The database catalog (us-east-1) cannot be reached.");
});
