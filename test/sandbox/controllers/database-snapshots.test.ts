import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DeleteDBSnapshotCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
} from "@aws-sdk/client-rds";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { databasesFolder } from "../../../src/sandbox/controllers/database-servers.ts";
import { BIA, rdsOf } from "../services/rds/clients.ts";

let cache = "";
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "bia-snapshots-cache-"));
});
afterAll(() => rm(cache, { recursive: true, force: true }));

const NAME = { DBInstanceIdentifier: "bia" };
const FIRST = { DBSnapshotIdentifier: "first" };

/** A sandbox whose state is in a folder, with a database in it. */
async function withDatabase() {
  const folder = await mkdtemp(join(tmpdir(), "bia-snapshots-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clients = await rdsOf({ cache, folder });
  await clients.create();
  await clients.world.clock.advance(1000);
  return { ...clients, folder };
}

/** Asks a database of the sandbox, once it lets somebody in. */
async function ask({ world }: Pick<Awaited<ReturnType<typeof rdsOf>>, "world">, name: string, sql: string) {
  const { hidden } = world.region("us-east-1").rds.dbInstances.get(name) ?? {};
  const client = new pg.Client({
    host: hidden?.address ?? "",
    port: hidden?.endpoint.Port ?? 0,
    user: BIA.MasterUsername,
    password: BIA.MasterUserPassword,
    database: "postgres",
    ssl: { rejectUnauthorized: false },
  });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe("a snapshot", () => {
  it("has the data as they were, and gives them to the instance that is restored from it, over restarts", async () => {
    const { folder, ...first } = await withDatabase();
    await ask(first, "bia", "create table kept as select 7 as number");
    await first.rds.send(new CreateDBSnapshotCommand({ ...NAME, ...FIRST }));
    await first.world.clock.advance(1000);
    await ask(first, "bia", "update kept set number = 8");
    await first.rds.send(new DeleteDBInstanceCommand({ ...NAME, SkipFinalSnapshot: true }));
    await first.world.clock.advance(1000);
    await first.sandbox.close();

    const again = await rdsOf({ cache, folder });
    const restored = { ...FIRST, DBInstanceIdentifier: "again" };
    await again.rds.send(new RestoreDBInstanceFromDBSnapshotCommand(restored));
    await again.world.clock.advance(1000);
    expect(await ask(again, "again", "select number from kept")).toEqual([{ number: 7 }]);
    await again.rds.send(new DeleteDBSnapshotCommand(FIRST));
    await again.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "again", SkipFinalSnapshot: true }));
    await again.world.clock.advance(1000);
    expect(await readdir(databasesFolder(folder))).toEqual([]);
  });

  it("that is final has all that was committed, and the instance it is of is gone", async () => {
    const { folder, ...first } = await withDatabase();
    await ask(first, "bia", "create table kept as select 7 as number");
    await first.rds.send(new DeleteDBInstanceCommand({ ...NAME, FinalDBSnapshotIdentifier: "first" }));
    await first.world.clock.advance(1000);
    expect(await first.describe()).toBeUndefined();
    expect(await readdir(databasesFolder(folder))).toEqual([expect.stringMatching(/^snapshot-/)]);
    await first.rds.send(new RestoreDBInstanceFromDBSnapshotCommand({ ...FIRST, ...NAME }));
    await first.world.clock.advance(1000);
    expect(await ask(first, "bia", "select number from kept")).toEqual([{ number: 7 }]);
  });

  it("is made all the same when the sandbox ends while it is being made", async () => {
    const { folder, ...first } = await withDatabase();
    await ask(first, "bia", "create table kept as select 7 as number");
    await first.rds.send(new DeleteDBInstanceCommand({ ...NAME, FinalDBSnapshotIdentifier: "first" }));
    await first.sandbox.close();

    const again = await rdsOf({ cache, folder });
    await again.world.clock.advance(1000);
    expect(await again.describe()).toBeUndefined();
    await again.rds.send(new RestoreDBInstanceFromDBSnapshotCommand({ ...FIRST, ...NAME }));
    await again.world.clock.advance(1000);
    expect(await ask(again, "bia", "select number from kept")).toEqual([{ number: 7 }]);
  });

  it("of a database that nobody ever connected to takes no room, and is one to connect to", async () => {
    const { folder, ...first } = await withDatabase();
    await first.rds.send(new CreateDBSnapshotCommand({ ...NAME, ...FIRST }));
    await first.world.clock.advance(1000);
    expect(await readdir(databasesFolder(folder)).catch(() => [])).toEqual([]);
    await first.rds.send(new RestoreDBInstanceFromDBSnapshotCommand({ ...FIRST, DBInstanceIdentifier: "again" }));
    await first.world.clock.advance(1000);
    expect(await ask(first, "again", "select 7 as number")).toEqual([{ number: 7 }]);
  });
});
