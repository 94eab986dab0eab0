import { CreateSecurityGroupCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  CreateDBInstanceCommand,
  type CreateDBInstanceMessage,
  DescribeDBInstancesCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { onTestFinished } from "vitest";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";

/** SDK clients of a sandbox of the test's own, whose time stands still unless the test says otherwise. */
export async function rdsOf(options: SandboxOptions = {}) {
  const sandbox = await sandboxForTest({ speed: "manual", delays: "none", throttling: false, ...options });
  const config = { ...clientConfig(sandbox), maxAttempts: 1 };
  const rds = new RDSClient(config);
  const ec2 = new EC2Client(config);
  onTestFinished(() => {
    rds.destroy();
    ec2.destroy();
  });
  const { world } = sandbox;
  return {
    rds,
    ec2,
    world,
    sandbox,
    create: (more: Partial<CreateDBInstanceMessage> = {}) => rds.send(new CreateDBInstanceCommand({ ...BIA, ...more })),
    describe: async () => (await rds.send(new DescribeDBInstancesCommand({}))).DBInstances?.[0],
    status: async () => (await rds.send(new DescribeDBInstancesCommand({}))).DBInstances?.[0]?.DBInstanceStatus,
    group: async (name: string) =>
      (await ec2.send(new CreateSecurityGroupCommand({ GroupName: name, Description: name }))).GroupId ?? "",
  };
}

/** The least that an instance like the course's is made with. */
export const BIA = {
  DBInstanceIdentifier: "bia",
  DBInstanceClass: "db.t3.micro",
  Engine: "postgres",
  EngineVersion: "16",
  MasterUsername: "postgres",
  MasterUserPassword: "correct-horse",
  AllocatedStorage: 20,
  StorageType: "gp2",
  AvailabilityZone: "us-east-1a",
};

/** As the workshop's catalog has one. */
export const MYSQL = {
  DBInstanceIdentifier: "catalog",
  DBInstanceClass: "db.t4g.micro",
  Engine: "mysql",
  EngineVersion: "8.4",
  DBName: "catalog",
  MasterUsername: "root",
  MasterUserPassword: "correct-horse",
  AllocatedStorage: 20,
  StorageType: "gp3",
  AvailabilityZone: "us-east-1a",
};
