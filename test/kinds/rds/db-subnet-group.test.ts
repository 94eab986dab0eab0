import { DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import {
  CreateDBSubnetGroupCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  ModifyDBSubnetGroupCommand,
} from "@aws-sdk/client-rds";
import { expect, it } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import { type Stack, task } from "../../../src/engine/task.ts";
import { securityGroup } from "../../../src/kinds/ec2/security-group.ts";
import { subnet } from "../../../src/kinds/ec2/subnet.ts";
import { vpc } from "../../../src/kinds/ec2/vpc.ts";
import { type DbInstanceDesired, dbInstance } from "../../../src/kinds/rds/db-instance.ts";
import { dbSubnetGroup } from "../../../src/kinds/rds/db-subnet-group.ts";
import { secret } from "../../../src/kinds/secrets-manager/secret.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";

const DBSubnetGroupName = "retail-store-ecs-catalog";

/** A network of two zones with a subnet group, and a MySQL in that, whose password is in a secret. */
function stackWith(more: Partial<DbInstanceDesired> = {}): Stack {
  const network = task("vpc", "VPC", vpc, { name: "retail-store-vpc", cidr: "10.0.0.0/16" });
  const subnets = ["a", "b"].map((zone, index) =>
    task(`subnet-${zone}`, `subnet ${zone}`, subnet, {
      name: `private-${zone}`,
      vpcId: network.out(({ vpcId }) => vpcId),
      cidr: `10.0.${index}.0/24`,
      zone: `us-east-1${zone}`,
      publicAddresses: false,
    }),
  );
  const group = task("subnet-group", "DB subnet group", dbSubnetGroup, {
    name: DBSubnetGroupName,
    description: "Private subnets",
    subnets: subnets.map((one) => one.out(({ subnetId }) => subnetId)),
  });
  const access = task("security-group", "security group", securityGroup, {
    name: "retail-store-ecs-catalog-rds",
    description: "Database of the catalog",
    vpcId: network.out(({ vpcId }) => vpcId),
    ingress: [],
    tags: {},
  });
  const login = task("secret", "secret", secret, {
    name: "retail-store-ecs-catalog-db",
    members: { username: "root" },
    generated: "password",
    length: 10,
  });
  const database = task("database", "database", dbInstance, {
    identifier: "catalog",
    engine: "mysql",
    instanceClass: "db.t4g.micro",
    engineVersion: "8.4",
    storage: { size: 20, type: "gp3" },
    username: "root",
    password: { secret: login.out(({ arn }) => arn) },
    passwordVersion: login.out(({ version }) => version ?? ""),
    databaseName: "catalog",
    port: 3306,
    backupRetention: 0,
    availabilityZone: "us-east-1a",
    subnetGroup: group.out(({ name }) => name),
    securityGroups: [access.out(({ groupId }) => groupId)],
    publiclyAccessible: false,
    ...more,
  });
  const tasks = [network, ...subnets, group, access, login, database];
  return { name: "retail", stages: [{ name: "1", title: "a database", tasks, outputs: {}, costs: [] }] };
}

async function subnetIds({ ec2 }: AwsClients): Promise<string[]> {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  return Subnets.filter(({ CidrBlock = "" }) => CidrBlock.startsWith("10.0.")).map(({ SubnetId = "" }) => SubnetId);
}

const stack = stackWith();

describeContract({
  task: "subnet-group",
  stack,
  drifts: {
    "another description": {
      field: /^description$/,
      make: async (aws) =>
        aws.rds.send(
          new ModifyDBSubnetGroupCommand({
            DBSubnetGroupName,
            DBSubnetGroupDescription: "changed",
            SubnetIds: await subnetIds(aws),
          }),
        ),
    },
  },
});

const only = "database";

it("a MySQL is made in the group with its own database and the secret's password, and the group goes after it", async () => {
  const sandbox = await sandboxForTest({ delays: "none", missingMysql: () => undefined });
  const created = await createOn(sandbox, { stack });
  expect(created.tasks.find(({ id }) => id === only)).toMatchObject({ verdict: "create" });
  expect(new Set(Object.values(verdicts(await planOn(sandbox, { stack }))))).toEqual(new Set(["unchanged"]));
  const { rds, close } = clientsOf(sandbox);
  const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({}));
  expect(DBInstances).toMatchObject([
    {
      Engine: "mysql",
      EngineVersion: "8.4.8",
      DBName: "catalog",
      MasterUsername: "root",
      DBSubnetGroup: { DBSubnetGroupName, Subnets: [{}, {}] },
    },
  ]);
  const password = sandbox.world.region("us-east-1").rds.dbInstances.get("catalog")?.hidden.password ?? "";
  expect(password).toMatch(/^[A-Za-z0-9]{10}$/);
  expect(JSON.stringify(created)).not.toContain(password);
  const destroyed = await destroyOn(sandbox, { stack });
  expect([destroyed.failed, JSON.stringify(destroyed).includes(password)]).toEqual([false, false]);
  const { DBSubnetGroups } = await rds.send(new DescribeDBSubnetGroupsCommand({}));
  expect(DBSubnetGroups).toEqual([]);
  close();
});

it.each([
  ["engine", { engine: "postgres", engineVersion: "16" }],
  ["databaseName", { databaseName: "goods" }],
  ["subnetGroup", { subnetGroup: "another" }],
] as const)("another %s is no change that RDS makes: the database has to be replaced", async (field, more) => {
  const sandbox = await sandboxForTest({ delays: "none", missingMysql: () => undefined });
  await createOn(sandbox, { stack });
  const { rds, close } = clientsOf(sandbox);
  const SubnetIds = await subnetIds(clientsOf(sandbox));
  const other = { DBSubnetGroupName: "another", DBSubnetGroupDescription: "another", SubnetIds };
  await rds.send(new CreateDBSubnetGroupCommand(other));
  close();
  const planned = await planOn(sandbox, { stack: stackWith(more) });
  const changes = planned.tasks.find(({ id }) => id === only)?.changes ?? [];
  expect(changes).toContainEqual(expect.objectContaining({ field, needsReplacement: true }));
});
