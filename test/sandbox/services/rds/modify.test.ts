import { DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import { ModifyDBInstanceCommand, type ModifyDBInstanceMessage } from "@aws-sdk/client-rds";
import { describe, expect, it } from "vitest";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import { refusal } from "../clients.ts";
import { rdsOf } from "./clients.ts";

/** An instance that is available, and how it is changed. */
async function available(options: SandboxOptions = {}) {
  const clients = await rdsOf(options);
  await clients.create();
  await clients.world.clock.advance(1200_000);
  expect(await clients.status()).toBe("available");
  const modify = (input: Partial<ModifyDBInstanceMessage>) =>
    clients.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "bia", ...input }));
  return { ...clients, modify };
}

describe("ModifyDBInstance", () => {
  it("shows what is pending at first, then modifies, then has done it", async () => {
    const { modify, describe: found, status, world } = await available({ delays: "real" });
    await modify({ DBInstanceClass: "db.t3.small", BackupRetentionPeriod: 7, ApplyImmediately: true });
    expect(await found()).toMatchObject({
      DBInstanceStatus: "available",
      DBInstanceClass: "db.t3.micro",
      BackupRetentionPeriod: 1,
      PendingModifiedValues: { DBInstanceClass: "db.t3.small", BackupRetentionPeriod: 7 },
    });
    await world.clock.advance(10_000);
    expect(await status()).toBe("modifying");
    await world.clock.advance(120_000);
    expect(await found()).toMatchObject({
      DBInstanceStatus: "available",
      DBInstanceClass: "db.t3.small",
      BackupRetentionPeriod: 7,
    });
    expect((await found())?.PendingModifiedValues).toEqual({});
  });

  it("without ApplyImmediately changes nothing before the window; with it, what waited is done too", async () => {
    const { modify, describe: found, world } = await available();
    await modify({ DBInstanceClass: "db.t3.small" });
    await world.clock.advance(86_400_000);
    expect(await found()).toMatchObject({
      DBInstanceStatus: "available",
      DBInstanceClass: "db.t3.micro",
      PendingModifiedValues: { DBInstanceClass: "db.t3.small" },
    });
    await modify({ BackupRetentionPeriod: 7, ApplyImmediately: true });
    await world.clock.advance(1000);
    expect(await found()).toMatchObject({ DBInstanceClass: "db.t3.small", BackupRetentionPeriod: 7 });
  });

  it("changes security groups and who may see it at once", async () => {
    const { modify, describe: found, group, ec2 } = await available();
    const id = await group("bia-db-teste");
    await modify({ VpcSecurityGroupIds: [id], PubliclyAccessible: false, DeletionProtection: true });
    expect(await found()).toMatchObject({
      VpcSecurityGroups: [{ VpcSecurityGroupId: id }],
      PubliclyAccessible: false,
      DeletionProtection: true,
    });
    const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({}));
    expect(NetworkInterfaces?.[0]?.Groups).toMatchObject([{ GroupId: id, GroupName: "bia-db-teste" }]);
  });

  it("grows a storage by a tenth at least, then optimizes it for a while", async () => {
    const { modify, describe: found, world } = await available({ delays: "real" });
    await modify({ AllocatedStorage: 21, StorageType: "gp3", ApplyImmediately: true });
    await world.clock.advance(120_000);
    expect(await found()).toMatchObject({
      DBInstanceStatus: "storage-optimization",
      AllocatedStorage: 22,
      StorageType: "gp3",
      Iops: 3000,
    });
    expect(await refusal(modify({ AllocatedStorage: 40, ApplyImmediately: true }))).toBe(
      "InvalidParameterCombination: You can't currently modify the storage of this DB instance because the previous storage change is being optimized.",
    );
    await world.clock.advance(1200_000);
    expect((await found())?.DBInstanceStatus).toBe("available");
  });

  it("never shrinks a storage", async () => {
    const { modify, world } = await available();
    await modify({ AllocatedStorage: 40, ApplyImmediately: true });
    await world.clock.advance(1000);
    expect(await refusal(modify({ AllocatedStorage: 20, ApplyImmediately: true }))).toBe(
      "InvalidParameterCombination: Invalid storage size for engine name postgres and storage type gp2: 20",
    );
  });

  it("moves the endpoint to another port", async () => {
    const { modify, describe: found, world } = await available();
    await modify({ DBPortNumber: 6432, ApplyImmediately: true });
    await world.clock.advance(1000);
    expect((await found())?.Endpoint?.Port).toBe(6432);
  });

  it("upgrades, never downgrades", async () => {
    const clients = await rdsOf();
    const { create, rds, world, describe: found } = clients;
    await create({ EngineVersion: "16.12" });
    await world.clock.advance(1000);
    const modify = (EngineVersion: string, more = {}) =>
      rds.send(
        new ModifyDBInstanceCommand({ DBInstanceIdentifier: "bia", EngineVersion, ApplyImmediately: true, ...more }),
      );
    expect(await refusal(modify("16.11"))).toMatch(/^InvalidParameterCombination: Cannot upgrade postgres from 16\.12/);
    expect(await refusal(modify("17"))).toBe(
      "InvalidParameterCombination: The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
    );
    expect(await refusal(modify("17", { AllowMajorVersionUpgrade: true }))).toMatch(
      /^SandboxNotEmulated: .*an upgrade to another major version \(EngineVersion 17\.10\)/,
    );
    await modify("16.14");
    await world.clock.advance(1000);
    expect((await found())?.EngineVersion).toBe("16.14");
  });

  it("refuses a bad password, and one that is good is never shown", async () => {
    const { modify, describe: found } = await available();
    expect(await refusal(modify({ MasterUserPassword: "p@/x" }))).toMatch(
      /^InvalidParameterValue: .*MasterUserPassword/,
    );
    await modify({ MasterUserPassword: "battery-staple" });
    expect((await found())?.PendingModifiedValues).toEqual({ MasterUserPassword: "****" });
  });

  it("refuses an instance that is not available", async () => {
    const { create, rds } = await rdsOf({ delays: "real" });
    await create();
    const call = rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: "bia", BackupRetentionPeriod: 7 }));
    expect(await refusal(call)).toBe("InvalidDBInstanceState: Database instance is not in available state.");
  });
});
