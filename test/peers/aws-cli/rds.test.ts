import { expect, it } from "vitest";
import { aws, describeOnAwsCli, groupId, look, subnetsOf, tagsOf } from "./aws.ts";

describeOnAwsCli("the aws CLI on RDS of the sandbox", () => {
  it("shows the database: the newest PostgreSQL 16, small, private, with backups of 7 days", () => {
    const { DBInstances } = look("rds", "describe-db-instances", "--db-instance-identifier", "bia");
    expect(DBInstances).toMatchObject([
      {
        DBInstanceIdentifier: "bia",
        DBInstanceClass: "db.t3.micro",
        Engine: "postgres",
        EngineVersion: expect.stringMatching(/^16\.\d+$/),
        EngineLifecycleSupport: "open-source-rds-extended-support-disabled",
        AllocatedStorage: 20,
        StorageType: "gp2",
        MasterUsername: "postgres",
        BackupRetentionPeriod: 7,
        AvailabilityZone: "us-east-1a",
        MultiAZ: false,
        PubliclyAccessible: false,
        DeletionProtection: false,
        VpcSecurityGroups: [{ VpcSecurityGroupId: groupId("bia-db-teste"), Status: "active" }],
        Endpoint: { Address: expect.stringMatching(/^bia\.\w+\.us-east-1\.rds\.amazonaws\.com$/), Port: 5432 },
        PendingModifiedValues: {},
      },
    ]);
    const [database] = DBInstances;
    expect(["available", "backing-up"]).toContain(database.DBInstanceStatus);
    // It is created from the work machine, as in the course.
    expect(database).not.toHaveProperty("DBName");
    expect(tagsOf(database.TagList)).toMatchObject({ "bia-infra:stack": "bia", "bia-infra:task": "db-instance" });
  });

  it("never shows the password", () => {
    const all = JSON.stringify(look("rds", "describe-db-instances"));
    const name = "/bia-infra/bia/bia/password";
    const password = look("ssm", "get-parameter", "--name", name, "--with-decryption").Parameter.Value;
    expect(password).toHaveLength(32);
    expect(all).not.toContain(password);
  });

  it("made the subnet group of the default VPC by itself", () => {
    const { DBSubnetGroups } = look("rds", "describe-db-subnet-groups");
    expect(DBSubnetGroups).toMatchObject([{ DBSubnetGroupName: "default", SubnetGroupStatus: "Complete" }]);
    const ids = DBSubnetGroups[0].Subnets.map((one: { SubnetIdentifier: string }) => one.SubnetIdentifier);
    expect(ids).toEqual(expect.arrayContaining(subnetsOf("us-east-1a", "us-east-1b", "us-east-1c")));
  });

  it("lets its waiter see that the database is available", () => {
    expect(aws("rds", "wait", "db-instance-available", "--db-instance-identifier", "bia").code).toBeUndefined();
  });

  const create = (identifier: string, version: string, password: string) => [
    ...["create-db-instance", "--db-instance-identifier", identifier, "--db-instance-class", "db.t3.micro"],
    ...["--engine", "postgres", "--engine-version", version, "--allocated-storage", "20"],
    ...["--master-username", "postgres", "--master-user-password", password],
  ];

  it.each([
    [
      ["describe-db-instances", "--db-instance-identifier", "nothing"],
      "DBInstanceNotFound",
      /DBInstance nothing not found/,
    ],
    [create("bia", "16", "a-good-password"), "DBInstanceAlreadyExists", /already exists/],
    [
      create("other", "16.1", "a-good-password"),
      "InvalidParameterCombination",
      /Cannot find version 16\.1 for postgres/,
    ],
    [create("other", "16", "p@ssword"), "InvalidParameterValue", /password/],
    [
      ["delete-db-instance", "--db-instance-identifier", "bia"],
      "InvalidParameterCombination",
      /FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified/,
    ],
    [
      ["delete-db-instance", "--db-instance-identifier", "nothing", "--skip-final-snapshot"],
      "DBInstanceNotFound",
      /not found/,
    ],
    [["describe-db-clusters"], "SandboxNotEmulated", /DescribeDBClusters/],
  ])("is refused with AWS's own code: %j", (args, code, message) => {
    expect(aws("rds", ...args)).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
