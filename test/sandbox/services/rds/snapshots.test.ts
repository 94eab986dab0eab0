import {
  AddTagsToResourceCommand,
  CopyDBSnapshotCommand,
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DeleteDBSnapshotCommand,
  DescribeAccountAttributesCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  ListTagsForResourceCommand,
  RemoveTagsFromResourceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { describe, expect, it } from "vitest";
import { refusal } from "../clients.ts";
import { rdsOf } from "./clients.ts";

type Clients = Awaited<ReturnType<typeof rdsOf>>;

const BIA = { DBInstanceIdentifier: "bia" };
const FIRST = { DBSnapshotIdentifier: "first" };

async function available(options = {}, more = {}): Promise<Clients> {
  const clients = await rdsOf(options);
  await clients.create(more);
  await clients.world.clock.advance(1200_000);
  expect(await clients.status()).toBe("available");
  return clients;
}

async function snapshots({ rds }: Clients, input = {}) {
  return (await rds.send(new DescribeDBSnapshotsCommand(input))).DBSnapshots ?? [];
}

async function names(clients: Clients, input = {}) {
  return (await snapshots(clients, input)).map(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier);
}

async function withSnapshot(options = {}, more = {}): Promise<Clients> {
  const clients = await available(options, more);
  await clients.rds.send(new CreateDBSnapshotCommand({ ...BIA, ...FIRST }));
  await clients.world.clock.advance(600_000);
  return clients;
}

describe("CreateDBSnapshot", () => {
  it("makes a manual snapshot, while the instance is backing up", async () => {
    const clients = await available({ delays: "real" }, { BackupRetentionPeriod: 0 });
    const { rds, world, status } = clients;
    const { DBSnapshot } = await rds.send(new CreateDBSnapshotCommand({ ...BIA, DBSnapshotIdentifier: "First" }));
    expect(DBSnapshot).toMatchObject({
      DBSnapshotIdentifier: "first",
      DBSnapshotArn: "arn:aws:rds:us-east-1:000000000000:snapshot:first",
      DBInstanceIdentifier: "bia",
      Status: "creating",
      PercentProgress: 0,
      SnapshotType: "manual",
      Engine: "postgres",
      EngineVersion: "16.14",
      MasterUsername: "postgres",
      AllocatedStorage: 20,
      StorageType: "gp2",
      Port: 5432,
      VpcId: expect.stringMatching(/^vpc-/),
      SnapshotCreateTime: expect.any(Date),
      TagList: [],
    });
    expect(JSON.stringify(DBSnapshot)).not.toContain("correct-horse");
    expect(await status()).toBe("backing-up");
    await world.clock.advance(61_000);
    expect(await status()).toBe("available");
    expect(await snapshots(clients)).toMatchObject([{ Status: "available", PercentProgress: 100 }]);
  });

  it("refuses a name that is taken, a name that is none, and an instance that is not available", async () => {
    const { rds } = await withSnapshot();
    const taken = await refusal(rds.send(new CreateDBSnapshotCommand({ ...BIA, DBSnapshotIdentifier: "FIRST" })));
    expect(taken).toBe(
      "DBSnapshotAlreadyExists: Cannot create the snapshot because a snapshot with the identifier first already exists.",
    );
    for (const [DBSnapshotIdentifier, message] of [
      ["rds:bia", /is not a valid identifier/],
      ["1st", /Invalid snapshot identifier: {2}1st$/],
      ["a--b", /must not end with a hyphen or contain two consecutive hyphens/],
    ] as const) {
      const error = await refusal(rds.send(new CreateDBSnapshotCommand({ ...BIA, DBSnapshotIdentifier })));
      expect(error).toMatch(/^InvalidParameterValue: /);
      expect(error).toMatch(message);
    }
    await rds.send(new StopDBInstanceCommand(BIA));
    const stopping = await refusal(rds.send(new CreateDBSnapshotCommand({ ...BIA, DBSnapshotIdentifier: "second" })));
    expect(stopping).toBe(
      "InvalidDBInstanceState: Cannot create a snapshot because the database instance bia is not currently in the available state.",
    );
  });

  it("has a quota", async () => {
    const { rds, world } = await withSnapshot();
    const { dbSnapshots } = world.region("us-east-1").rds;
    const first = dbSnapshots.get("first");
    if (!first) throw new Error("no snapshot");
    for (let number = 1; number < 100; number++) dbSnapshots.put({ ...first, DBSnapshotIdentifier: `more-${number}` });
    const error = await refusal(rds.send(new CreateDBSnapshotCommand({ ...BIA, DBSnapshotIdentifier: "last" })));
    expect(error).toMatch(/^SnapshotQuotaExceeded: /);
    const { AccountQuotas } = await rds.send(new DescribeAccountAttributesCommand({}));
    expect(AccountQuotas).toContainEqual({ AccountQuotaName: "ManualSnapshots", Used: 100, Max: 100 });
  });

  it("copies an instance's tags if the instance says so, and always its own", async () => {
    const Tags = [{ Key: "a", Value: "1" }];
    const clients = await available({}, { CopyTagsToSnapshot: true, Tags });
    const own = [{ Key: "b", Value: "2" }];
    await clients.rds.send(new CreateDBSnapshotCommand({ ...BIA, ...FIRST, Tags: own }));
    expect(await snapshots(clients, FIRST)).toMatchObject([{ TagList: [...Tags, ...own] }]);
    const ResourceName = "arn:aws:rds:us-east-1:000000000000:snapshot:first";
    await clients.rds.send(new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key: "b", Value: "3" }] }));
    await clients.rds.send(new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: ["a"] }));
    const { TagList } = await clients.rds.send(new ListTagsForResourceCommand({ ResourceName }));
    expect(TagList).toEqual([{ Key: "b", Value: "3" }]);
  });
});

describe("DescribeDBSnapshots", () => {
  it("finds by instance, name, ARN, kind and filter", async () => {
    const clients = await withSnapshot();
    const automated = expect.stringMatching(/^rds:bia-\d{4}-\d\d-\d\d-\d\d-\d\d$/);
    expect(await names(clients)).toEqual([automated, "first"]);
    expect(await names(clients, { SnapshotType: "automated" })).toEqual([automated]);
    expect(await names(clients, { SnapshotType: "manual", ...BIA })).toEqual(["first"]);
    expect(await names(clients, { DBInstanceIdentifier: "other" })).toEqual([]);
    const arn = "arn:aws:rds:us-east-1:000000000000:snapshot:first";
    expect(await names(clients, { DBSnapshotIdentifier: arn })).toEqual(["first"]);
    const Filters = [{ Name: "snapshot-type", Values: ["manual"] }];
    expect(await names(clients, { Filters })).toEqual(["first"]);
    expect(await names(clients, { SnapshotType: "shared" })).toEqual([]);
  });

  it("refuses a name that nothing has", async () => {
    const clients = await available();
    const error = await refusal(snapshots(clients, FIRST));
    expect(error).toBe("DBSnapshotNotFound: DBSnapshot first not found.");
  });
});

describe("DeleteDBSnapshot", () => {
  it("deletes a manual one, and never an automated one", async () => {
    const clients = await withSnapshot();
    const [automated] = await snapshots(clients, { SnapshotType: "automated" });
    const { DBSnapshotIdentifier = "" } = automated ?? {};
    const error = await refusal(clients.rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier })));
    expect(error).toBe("InvalidDBSnapshotState: automated snapshots cannot be deleted.");
    const { DBSnapshot } = await clients.rds.send(new DeleteDBSnapshotCommand(FIRST));
    expect(DBSnapshot).toMatchObject({ ...FIRST, Status: "deleted" });
    await clients.world.clock.advance(10_000);
    expect(await names(clients)).toEqual([DBSnapshotIdentifier]);
  });
});

describe("DeleteDBInstance", () => {
  it("makes a final snapshot first, which stays; automated ones go with the instance", async () => {
    const clients = await available();
    await clients.rds.send(new DeleteDBInstanceCommand({ ...BIA, FinalDBSnapshotIdentifier: "final" }));
    expect(await clients.status()).toBe("deleting");
    await clients.world.clock.advance(600_000);
    expect(await clients.status()).toBeUndefined();
    expect(await snapshots(clients)).toMatchObject([
      { DBSnapshotIdentifier: "final", Status: "available", SnapshotType: "manual" },
    ]);
  });

  it("refuses a final snapshot whose name is taken, and of an instance that is stopped, and deletes nothing", async () => {
    const { rds, world, status } = await withSnapshot();
    const taken = await refusal(rds.send(new DeleteDBInstanceCommand({ ...BIA, FinalDBSnapshotIdentifier: "first" })));
    expect(taken).toMatch(/^DBSnapshotAlreadyExists: /);
    await rds.send(new StopDBInstanceCommand(BIA));
    await world.clock.advance(600_000);
    const stopped = await refusal(
      rds.send(new DeleteDBInstanceCommand({ ...BIA, FinalDBSnapshotIdentifier: "final" })),
    );
    expect(stopped).toMatch(/^InvalidDBInstanceState: Cannot create a snapshot/);
    expect(await status()).toBe("stopped");
  });

  it("does not keep automated backups of an instance that is gone", async () => {
    const { rds } = await available();
    const input = { ...BIA, SkipFinalSnapshot: true, DeleteAutomatedBackups: false };
    expect(await refusal(rds.send(new DeleteDBInstanceCommand(input)))).toMatch(/^SandboxNotEmulated: /);
  });
});

describe("StopDBInstance", () => {
  it("makes a snapshot first if it is given a name for one, and starts again after seven days", async () => {
    const clients = await available();
    await clients.rds.send(new StopDBInstanceCommand({ ...BIA, ...FIRST }));
    await clients.world.clock.advance(600_000);
    expect(await clients.describe()).toMatchObject({
      DBInstanceStatus: "stopped",
      AutomaticRestartTime: expect.any(Date),
    });
    expect(await snapshots(clients, FIRST)).toMatchObject([{ Status: "available" }]);
    await clients.world.clock.advance(7 * 86_400_000);
    expect(await clients.status()).toBe("available");
    expect((await clients.describe())?.AutomaticRestartTime).toBeUndefined();
  });
});

describe("RestoreDBInstanceFromDBSnapshot", () => {
  it("makes an instance as the source was, with another name, and with the source's tags", async () => {
    const clients = await withSnapshot({}, { Tags: [{ Key: "a", Value: "1" }], DBInstanceClass: "db.t3.small" });
    const input = { ...FIRST, DBInstanceIdentifier: "Again" };
    const { DBInstance } = await clients.rds.send(new RestoreDBInstanceFromDBSnapshotCommand(input));
    expect(DBInstance).toMatchObject({
      DBInstanceIdentifier: "again",
      DBInstanceStatus: "creating",
      DBInstanceClass: "db.t3.small",
      EngineVersion: "16.14",
      AllocatedStorage: 20,
      StorageType: "gp3",
      MasterUsername: "postgres",
      TagList: [{ Key: "a", Value: "1" }],
      PubliclyAccessible: true,
    });
    await clients.world.clock.advance(1200_000);
    const { DBInstances } = await clients.rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "again" }));
    expect(DBInstances).toMatchObject([
      { DBInstanceStatus: "available", Endpoint: { Address: expect.stringMatching(/^again\./), Port: 5432 } },
    ]);
  });

  it("refuses a name that is taken, a storage that is too small, and a snapshot that is not there", async () => {
    const { rds } = await withSnapshot();
    const restore = (more: object) =>
      refusal(rds.send(new RestoreDBInstanceFromDBSnapshotCommand({ ...FIRST, DBInstanceIdentifier: "b", ...more })));
    expect(await restore(BIA)).toMatch(/^DBInstanceAlreadyExists: /);
    expect(await restore({ AllocatedStorage: 19 })).toMatch(/^InvalidParameterCombination: /);
    expect(await restore({ DBSnapshotIdentifier: "none" })).toBe("DBSnapshotNotFound: DBSnapshot none not found.");
  });
});

describe("CopyDBSnapshot", () => {
  it("is refused by name", async () => {
    const { rds } = await withSnapshot();
    const input = { SourceDBSnapshotIdentifier: "first", TargetDBSnapshotIdentifier: "second" };
    expect(await refusal(rds.send(new CopyDBSnapshotCommand(input)))).toMatch(/^SandboxNotEmulated: /);
  });
});
