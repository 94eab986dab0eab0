import {
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcsCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  DeleteServiceCommand,
  RegisterTaskDefinitionCommand,
} from "@aws-sdk/client-ecs";
import { CreateLoadBalancerCommand, CreateTargetGroupCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateDBInstanceCommand, CreateDBSnapshotCommand } from "@aws-sdk/client-rds";
import { describe, expect, it, onTestFinished } from "vitest";
import { taggedWith } from "../../src/aws/tagged/index.ts";
import { clientsOf, createOn, destroyOn } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

/** The last task of stage 1, and with it all that it needs. */
const STAGE_1 = { only: "dev-database" };

describe("the scan for what carries a stack's tag", () => {
  it("finds what a stage has made, by service, with the task it was made for", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, STAGE_1);
    const clients = clientsOf(sandbox);
    const { things, unseen } = await taggedWith(clients, "bia");
    clients.close();
    expect(unseen).toEqual([]);
    expect(things.map(({ service, type, task }) => `${service} ${type}: ${task}`).sort()).toEqual(
      expect.arrayContaining([
        "ec2 instance: dev-instance",
        "ec2 security group: dev-security-group",
        "ec2 volume: dev-instance",
        "iam instance profile: dev-instance-profile",
        "iam role: dev-role",
      ]),
    );
  });

  it("finds a snapshot that somebody made of the stack's database, if it carries the tag, with the database", async () => {
    const { world, ...sandbox } = await sandboxForTest({ delays: "none", speed: "manual" });
    const clients = clientsOf({ world, ...sandbox });
    const database = { DBInstanceIdentifier: "bia", MasterUsername: "postgres", MasterUserPassword: "correct-horse" };
    const size = { DBInstanceClass: "db.t3.micro", Engine: "postgres", EngineVersion: "16", AllocatedStorage: 20 };
    await clients.rds.send(new CreateDBInstanceCommand({ ...database, ...size }));
    await world.clock.advance(1000);
    const { DBInstanceIdentifier } = database;
    const Tags = [{ Key: "bia-infra:stack", Value: "bia" }];
    await clients.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier: "ours", Tags }));
    await world.clock.advance(1000);
    await clients.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier: "theirs" }));
    const { things } = await taggedWith(clients, "bia");
    clients.close();
    expect(things).toMatchObject([{ service: "rds", type: "database snapshot", id: "ours", partOf: "bia" }]);
  });

  it("finds nothing once it is destroyed, nor anything of another stack", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, STAGE_1);
    await destroyOn(sandbox, STAGE_1);
    const clients = clientsOf(sandbox);
    const { Vpcs } = await clients.ec2.send(new DescribeVpcsCommand({}));
    const { GroupId = "" } = await clients.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: "other", Description: "other", VpcId: Vpcs?.[0]?.VpcId }),
    );
    const Tags = [{ Key: "bia-infra:stack", Value: "other" }];
    await clients.ec2.send(new CreateTagsCommand({ Resources: [GroupId], Tags }));
    expect((await taggedWith(clients, "bia")).things).toEqual([]);
    expect((await taggedWith(clients, "other")).things).toMatchObject([
      { service: "ec2", type: "security group", id: GroupId, task: undefined },
    ]);
    clients.close();
  });

  it("finds what costs of clusters and load balancers, and forgets it once it is deleted", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { ecs, elbv2, ec2, close } = clientsOf(sandbox);
    onTestFinished(close);
    const Tags = [{ Key: "bia-infra:stack", Value: "bia" }];
    const tags = [{ key: "bia-infra:stack", value: "bia" }];
    await ecs.send(new CreateClusterCommand({ clusterName: "left", tags }));
    const containerDefinitions = [{ name: "app", image: "nginx", memory: 128 }];
    await ecs.send(new RegisterTaskDefinitionCommand({ family: "left", containerDefinitions, tags }));
    const service = { cluster: "left", taskDefinition: "left", desiredCount: 0, launchType: "EC2" as const };
    await ecs.send(new CreateServiceCommand({ ...service, serviceName: "left", tags }));
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
    const ids = Subnets.slice(0, 2).flatMap(({ SubnetId }) => SubnetId ?? []);
    await elbv2.send(new CreateLoadBalancerCommand({ Name: "left", Subnets: ids, Tags }));
    const { VpcId } = Subnets[0] ?? {};
    await elbv2.send(new CreateTargetGroupCommand({ Name: "left", Protocol: "HTTP", Port: 80, VpcId, Tags }));
    const found = async () => {
      const { things } = await taggedWith(clientsOf(sandbox), "bia", { services: ["ecs", "elbv2"] });
      return things.map(({ type }) => type).sort();
    };
    const ofEcs = ["cluster", "service", "task definition"];
    expect(await found()).toEqual([...ofEcs, "load balancer", "target group"].sort());
    await ecs.send(new DeleteServiceCommand({ cluster: "left", service: "left", force: true }));
    await ecs.send(new DeleteClusterCommand({ cluster: "left" }));
    expect(await found()).toEqual(["load balancer", "target group", "task definition"]);
  });

  it("asks for a thing itself: the listing of tags goes on with what is gone", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { only: "launch-template" });
    sandbox.world.faults.set([{ operation: "ec2:DescribeTags", effect: { lag: 50 } }]);
    await destroyOn(sandbox, { only: "launch-template" });
    const clients = clientsOf(sandbox);
    const listed = await clients.ec2.send(new DescribeTagsCommand({}));
    expect(listed.Tags?.map(({ ResourceType }) => ResourceType)).toContain("launch-template");
    const { things } = await taggedWith(clients, "bia", { services: ["ec2"] });
    clients.close();
    expect(things).toEqual([]);
  });

  it("passes over what a listing still shows and is gone by now", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, STAGE_1);
    sandbox.world.faults.set([
      { operation: "iam:ListInstanceProfileTags", effect: { error: { code: "NoSuchEntity", status: 404 } } },
    ]);
    const clients = clientsOf(sandbox);
    const { things, unseen } = await taggedWith(clients, "bia");
    clients.close();
    expect(unseen).toEqual([]);
    const ofIam = things.filter(({ service }) => service === "iam");
    expect(ofIam.map(({ type }) => type)).toEqual(["role"]);
  });

  it("tells of a service that does not let us look, and of the others what they hold", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, STAGE_1);
    sandbox.world.faults.set([
      { operation: "rds:DescribeDBInstances", effect: { error: { code: "AccessDenied", status: 403 } } },
    ]);
    const clients = clientsOf(sandbox);
    const { things, unseen } = await taggedWith(clients, "bia");
    clients.close();
    expect(unseen).toEqual([{ service: "rds", why: expect.stringContaining("AccessDenied") }]);
    expect(things.map(({ service }) => service)).toContain("ec2");
  });
});
