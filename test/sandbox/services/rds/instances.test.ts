import { DeleteSecurityGroupCommand, DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import {
  AddTagsToResourceCommand,
  DBInstanceAlreadyExistsFault,
  DBInstanceNotFoundFault,
  DBSubnetGroupDoesNotCoverEnoughAZs,
  DeleteDBInstanceCommand,
  DescribeAccountAttributesCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  InvalidDBInstanceStateFault,
  ListTagsForResourceCommand,
  paginateDescribeDBInstances,
  RemoveTagsFromResourceCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { describe, expect, it } from "vitest";
import { refusal } from "../clients.ts";
import { rdsOf } from "./clients.ts";

describe("CreateDBInstance", () => {
  it("answers with an instance that is being created, in lower case and without an endpoint", async () => {
    const { create, group } = await rdsOf();
    const id = await group("bia-db-teste");
    const { DBInstance } = await create({
      DBInstanceIdentifier: "BIA",
      VpcSecurityGroupIds: [id],
      BackupRetentionPeriod: 7,
      PubliclyAccessible: false,
      EngineLifecycleSupport: "open-source-rds-extended-support-disabled",
      Tags: [{ Key: "a", Value: "1" }],
    });
    expect(DBInstance).toMatchObject({
      DBInstanceIdentifier: "bia",
      DBInstanceArn: "arn:aws:rds:us-east-1:000000000000:db:bia",
      DbiResourceId: expect.stringMatching(/^db-[A-Z2-7]{26}$/),
      DBInstanceStatus: "creating",
      DBInstanceClass: "db.t3.micro",
      Engine: "postgres",
      EngineVersion: "16.14",
      EngineLifecycleSupport: "open-source-rds-extended-support-disabled",
      MasterUsername: "postgres",
      AllocatedStorage: 20,
      StorageType: "gp2",
      BackupRetentionPeriod: 7,
      AvailabilityZone: "us-east-1a",
      PubliclyAccessible: false,
      MultiAZ: false,
      DeletionProtection: false,
      VpcSecurityGroups: [{ VpcSecurityGroupId: id, Status: "active" }],
      DBSubnetGroup: { DBSubnetGroupName: "default", SubnetGroupStatus: "Complete" },
      DBParameterGroups: [{ DBParameterGroupName: "default.postgres16" }],
      DatabaseInsightsMode: "standard",
      AssociatedRoles: [],
      DomainMemberships: [],
      TagList: [{ Key: "a", Value: "1" }],
    });
    expect(DBInstance?.Endpoint).toBeUndefined();
    expect(JSON.stringify(DBInstance)).not.toContain("correct-horse");
  });

  it("without settings keeps backups for one day, is public, and has a gp3 storage", async () => {
    const { create } = await rdsOf();
    const { DBInstance } = await create({ StorageType: undefined });
    expect(DBInstance).toMatchObject({
      BackupRetentionPeriod: 1,
      PubliclyAccessible: true,
      AutoMinorVersionUpgrade: true,
      StorageType: "gp3",
      Iops: 3000,
      EngineLifecycleSupport: "open-source-rds-extended-support",
    });
  });

  it("holds its security group with a network interface until it is gone", async () => {
    const { create, group, ec2, rds, world } = await rdsOf();
    const GroupId = await group("bia-db-teste");
    await create({ VpcSecurityGroupIds: [GroupId] });
    const { NetworkInterfaces } = await ec2.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: "group-id", Values: [GroupId] }] }),
    );
    expect(NetworkInterfaces).toMatchObject([
      { RequesterId: "amazon-rds", Description: "RDSNetworkInterface", RequesterManaged: true, Status: "in-use" },
    ]);
    expect(await refusal(ec2.send(new DeleteSecurityGroupCommand({ GroupId })))).toMatch(/^DependencyViolation/);
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "bia", SkipFinalSnapshot: true }));
    await world.clock.advance(1000);
    await ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  });

  it("makes the subnet group that is called default, and the role of RDS, when they are first needed", async () => {
    const { create, rds, world } = await rdsOf();
    const groups = new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: "default" });
    expect(await refusal(rds.send(groups))).toBe(
      "DBSubnetGroupNotFoundFault: DB subnet group 'default' does not exist.",
    );
    await create();
    const { DBSubnetGroups } = await rds.send(groups);
    expect(DBSubnetGroups?.[0]?.Subnets).toHaveLength(6);
    expect(world.iam.roles.get("AWSServiceRoleForRDS")).toBeDefined();
  });

  it("refuses a name that is taken, in whatever case", async () => {
    const { create } = await rdsOf();
    await create();
    await expect(create({ DBInstanceIdentifier: "Bia" })).rejects.toBeInstanceOf(DBInstanceAlreadyExistsFault);
    expect(await refusal(create())).toBe("DBInstanceAlreadyExists: DB instance already exists");
  });

  it.each([
    [
      "a name that begins with a digit",
      { DBInstanceIdentifier: "1bia" },
      /^InvalidParameterValue: The parameter DBInstanceIdentifier is not a valid identifier\./,
    ],
    [
      "a name with two hyphens in a row",
      { DBInstanceIdentifier: "b--ia" },
      /^InvalidParameterValue: The parameter DBInstanceIdentifier/,
    ],
    [
      "a password with an @",
      { MasterUserPassword: "p@ssword1" },
      "InvalidParameterValue: The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used.",
    ],
    ["a password with a space", { MasterUserPassword: "pass word" }, /besides '\/', '@'/],
    [
      "a short password",
      { MasterUserPassword: "short" },
      "InvalidParameterValue: The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.",
    ],
    [
      "no password",
      { MasterUserPassword: undefined },
      "InvalidParameterValue: The parameter MasterUserPassword must be provided and must not be blank.",
    ],
    [
      "a user name that the engine keeps",
      { MasterUsername: "admin" },
      "InvalidParameterValue: MasterUsername admin cannot be used as it is a reserved word used by the engine",
    ],
    [
      "a storage that is too small",
      { AllocatedStorage: 5 },
      "InvalidParameterCombination: Invalid storage size for engine name postgres and storage type gp2: 5",
    ],
    [
      "no size of the storage",
      { AllocatedStorage: undefined },
      "InvalidParameterValue: The parameter AllocatedStorage must be provided and must not be null.",
    ],
    [
      "the speed of a small gp3 storage",
      { StorageType: "gp3", Iops: 3000 },
      "InvalidParameterCombination: You can't specify IOPS or storage throughput for engine postgres and a storage size less than 400.",
    ],
    [
      "backups for too long",
      { BackupRetentionPeriod: 36 },
      /^InvalidParameterValue: Invalid backup retention period: 36/,
    ],
    [
      "a class that is none",
      { DBInstanceClass: "t3.micro" },
      "InvalidParameterValue: Invalid DB Instance class: t3.micro",
    ],
    [
      "a class that the version cannot be had with",
      { DBInstanceClass: "db.t2.micro" },
      /^InvalidParameterCombination: RDS does not support creating a DB instance with the following combination: DBInstanceClass=db\.t2\.micro, Engine=postgres, EngineVersion=16\.14/,
    ],
    [
      "a security group that does not exist",
      { VpcSecurityGroupIds: ["sg-0123456789abcdef0"] },
      "InvalidParameterValue: Invalid security group , groupId= sg-0123456789abcdef0, groupName=.",
    ],
    [
      "a subnet group that does not exist",
      { DBSubnetGroupName: "mine" },
      "DBSubnetGroupNotFoundFault: DB subnet group 'mine' does not exist.",
    ],
    ["a zone without a subnet", { AvailabilityZone: "us-east-1z" }, /^InvalidVPCNetworkStateFault: .*us-east-1z/],
    [
      "another engine",
      { Engine: "mariadb" },
      "SandboxNotEmulated: The sandbox does not emulate the database engine mariadb. On AWS it exists.",
    ],
    [
      "a parameter that is not honoured",
      { EnablePerformanceInsights: true },
      /^SandboxNotEmulated: .*EnablePerformanceInsights/,
    ],
  ])("refuses %s", async (_, more, words) => {
    const { create } = await rdsOf();
    const said = await refusal(create(more));
    if (typeof words === "string") expect(said).toBe(words);
    else expect(said).toMatch(words);
  });

  it("trap 2: a minor version that is not created any more is refused; the major one alone is its newest", async () => {
    const { create, describe: found } = await rdsOf();
    for (const EngineVersion of ["16.1", "16.8"]) {
      expect(await refusal(create({ EngineVersion }))).toBe(
        `InvalidParameterCombination: Cannot find version ${EngineVersion} for postgres`,
      );
    }
    await create({ EngineVersion: "16" });
    expect((await found())?.EngineVersion).toBe("16.14");
  });

  it("trap 3: an account on the Free plan may not keep backups for a week", async () => {
    const error = { code: "FreeTierRestrictionError", message: "The specified backup retention period exceeds" };
    const { create, describe: found } = await rdsOf({
      faults: [{ operation: "rds:CreateDBInstance", effect: { error } }],
    });
    expect(await refusal(create({ BackupRetentionPeriod: 7 }))).toMatch(/^FreeTierRestrictionError: /);
    expect(await found()).toBeUndefined();
  });

  it("needs default subnets in two zones", async () => {
    const { create, world, describe: found } = await rdsOf();
    const { subnets } = world.region("us-east-1").ec2;
    for (const { SubnetId, AvailabilityZone } of subnets.all()) {
      if (AvailabilityZone !== "us-east-1a") subnets.delete(SubnetId);
    }
    await expect(create()).rejects.toBeInstanceOf(DBSubnetGroupDoesNotCoverEnoughAZs);
    expect(await found()).toBeUndefined();
  });

  it("needs a default VPC", async () => {
    const { create } = await rdsOf({ defaultVpc: false });
    expect(await refusal(create())).toMatch(/^InvalidVPCNetworkStateFault: /);
  });
});

describe("DescribeDBInstances", () => {
  it("finds by name in any case, by ARN and by resource id, and pages", async () => {
    const { create, rds } = await rdsOf({ pageSize: 1 });
    const { DBInstance } = await create();
    await create({ DBInstanceIdentifier: "other" });
    const one = async (input: object) =>
      (await rds.send(new DescribeDBInstancesCommand(input))).DBInstances?.map((found) => found.DBInstanceIdentifier);
    expect(await one({ DBInstanceIdentifier: "BIA" })).toEqual(["bia"]);
    expect(await one({ DBInstanceIdentifier: DBInstance?.DBInstanceArn })).toEqual(["bia"]);
    expect(await one({ Filters: [{ Name: "dbi-resource-id", Values: [DBInstance?.DbiResourceId] }] })).toEqual(["bia"]);
    const names: unknown[] = [];
    for await (const { DBInstances } of paginateDescribeDBInstances({ client: rds }, {})) {
      expect(DBInstances).toHaveLength(1);
      names.push(DBInstances?.[0]?.DBInstanceIdentifier);
    }
    expect(names).toEqual(["bia", "other"]);
  });

  it("refuses one that is not there, with HTTP 404", async () => {
    const { rds } = await rdsOf();
    const call = rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "bia" }));
    await expect(call).rejects.toBeInstanceOf(DBInstanceNotFoundFault);
    await expect(call).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
      message: "DBInstance bia not found.",
    });
  });
});

describe("DeleteDBInstance", () => {
  it("wants to be told whether the data are to be kept", async () => {
    const { create, rds, status } = await rdsOf();
    await create();
    expect(await refusal(rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "bia" })))).toBe(
      "InvalidParameterCombination: FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
    );
    expect(await status()).toBe("creating");
  });

  it("refuses an instance that somebody protects", async () => {
    const { create, rds } = await rdsOf();
    await create({ DeletionProtection: true });
    const call = rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "bia", SkipFinalSnapshot: true }));
    expect(await refusal(call)).toBe(
      "InvalidParameterCombination: Cannot delete protected DB Instance, please disable deletion protection and try again.",
    );
  });

  it("keeps the name taken while it deletes, and refuses a second time", async () => {
    const { create, rds, status } = await rdsOf({ delays: "real" });
    await create();
    const erase = () => rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: "bia", SkipFinalSnapshot: true }));
    await erase();
    expect(await status()).toBe("deleting");
    expect(await refusal(erase())).toBe("InvalidDBInstanceState: Instance bia is already being deleted.");
    await expect(erase()).rejects.toBeInstanceOf(InvalidDBInstanceStateFault);
    expect(await refusal(create())).toMatch(/^DBInstanceAlreadyExists/);
  });
});

describe("StopDBInstance and StartDBInstance", () => {
  it("want an instance that is available, or stopped", async () => {
    const { create, rds, status, world } = await rdsOf({ delays: "real" });
    await create();
    const name = { DBInstanceIdentifier: "bia" };
    expect(await refusal(rds.send(new StopDBInstanceCommand(name)))).toMatch(/^InvalidDBInstanceState: /);
    await world.clock.advance(1200_000);
    await rds.send(new StopDBInstanceCommand(name));
    expect(await status()).toBe("stopping");
    await world.clock.advance(600_000);
    expect(await status()).toBe("stopped");
    await rds.send(new StartDBInstanceCommand(name));
    expect(await status()).toBe("starting");
    await world.clock.advance(600_000);
    expect(await status()).toBe("available");
  });
});

describe("tags of an instance", () => {
  it("are added, replaced, listed and removed by its ARN", async () => {
    const { create, rds, describe: found } = await rdsOf();
    const { DBInstance } = await create({ Tags: [{ Key: "a", Value: "1" }] });
    const ResourceName = DBInstance?.DBInstanceArn ?? "";
    const Tags = [
      { Key: "a", Value: "2" },
      { Key: "b", Value: "3" },
    ];
    await rds.send(new AddTagsToResourceCommand({ ResourceName, Tags }));
    await rds.send(new RemoveTagsFromResourceCommand({ ResourceName, TagKeys: ["b"] }));
    const { TagList } = await rds.send(new ListTagsForResourceCommand({ ResourceName }));
    expect(TagList).toEqual([{ Key: "a", Value: "2" }]);
    expect((await found())?.TagList).toEqual(TagList);
  });

  it("of something that is not there are refused", async () => {
    const { rds } = await rdsOf();
    const call = rds.send(
      new ListTagsForResourceCommand({ ResourceName: "arn:aws:rds:us-east-1:000000000000:db:none" }),
    );
    expect(await refusal(call)).toBe("DBInstanceNotFound: DBInstance none not found.");
  });
});

describe("DescribeAccountAttributes", () => {
  it("tells how many instances there may be", async () => {
    const { create, rds } = await rdsOf();
    await create();
    const { AccountQuotas } = await rds.send(new DescribeAccountAttributesCommand({}));
    expect(AccountQuotas).toContainEqual({ AccountQuotaName: "DBInstances", Used: 1, Max: 40 });
  });
});
