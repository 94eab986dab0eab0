import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { resolve } from "../../../src/engine/resolve.ts";
import { withNeeds } from "../../../src/engine/selection.ts";
import { type AnyTask, edgesOf, type Stack } from "../../../src/engine/task.ts";
import { walk } from "../../../src/engine/walk.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { type BiaInput, biaVariant } from "../../../src/variables/bia.ts";

const SANDBOX = { region: "us-east-1", target: "sandbox" } as const;
const AWS = { region: "us-east-1", target: "aws" } as const;

/** What the file of variables says, with the defaults for all that it does not say. */
function stackFor(written: BiaInput = {}, place: typeof SANDBOX | typeof AWS = SANDBOX): Stack {
  const { schema, written: completed } = biaVariant(written);
  return stackOf(schema.parse(completed), place);
}

function stageOf(stack: Stack) {
  const stage = stack.stages.find(({ name }) => name === "2-3");
  if (!stage) throw new Error("there is no stage 2-3");
  return stage;
}

function taskOf(stack: Stack, id: string): AnyTask {
  const task = stack.stages.flatMap(({ tasks }) => tasks).find((one) => one.id === id);
  if (!task) throw new Error(`there is no task ${id}`);
  return task;
}

/** What other tasks are once they are there, as AWS would tell of them. */
const ACTUALS: Readonly<Record<string, unknown>> = {
  "dev-security-group": { groupId: "sg-dev" },
  "dev-instance": { instanceId: "i-dev", tags: {} },
  "dev-app-source": { what: "old", wanted: "version" },
  network: {
    vpcId: "vpc-1",
    subnets: { "us-east-1a": "subnet-a", "us-east-1b": "subnet-b", "us-east-1c": "subnet-c" },
  },
  "alb-security-group": { groupId: "sg-alb" },
  "ec2-security-group": { groupId: "sg-ec2" },
  "db-security-group": { groupId: "sg-db" },
  "db-password": { name: "/bia-infra/bia/bia/password", arn: "arn:ssm:password", version: 3 },
  "db-instance": { endpoint: { address: "bia.rds.test", port: 5432 }, resourceId: "db-1" },
  repository: { name: "bia", uri: "HOST/bia" },
  "load-balancer": { arn: "arn:alb", dnsName: "bia-alb-1.elb.test" },
  "target-group": { arn: "arn:tg" },
  "ecs-instance-role": { name: "ecs-ec2InstanceRole" },
  "ecs-instance-profile": { name: "ecs-ec2InstanceIProfile", id: "AIPA1" },
  "ecs-image": { imageId: "ami-1", architecture: "x86_64", rootDevice: "/dev/xvda", snapshotSize: 30 },
  "launch-template": { id: "lt-1", latestVersion: "1" },
  "auto-scaling-group": { arn: "arn:asg" },
  "capacity-provider": { name: "capacityProviderCurso117" },
  cluster: { name: "CLUSTER" },
  "execution-role": { arn: "arn:execution" },
  "log-group": { name: "/ecs/task-def-bia-alb" },
  "task-definition": { arn: "arn:revision" },
  "hosted-zone": { id: "Z1", nameServers: ["ns-1.test", "ns-2.test"] },
  certificate: { arn: "arn:certificate", validationRecords: [{ name: "_a.www.bia.localhost", value: "_b.acm.test" }] },
};

/** What a task asks for, value for value. */
function desired(id: string, stack = stackFor()): Record<string, unknown> {
  return resolve(taskOf(stack, id).desired, (earlier) => ACTUALS[earlier.id]) as Record<string, unknown>;
}

const needsOf = (id: string, stack = stackFor()) =>
  edgesOf(taskOf(stack, id)).map(({ task, readiness }) => [task.id, readiness]);

const open = (port: number) => ({
  protocol: "tcp",
  fromPort: port,
  toPort: port,
  cidr: "0.0.0.0/0",
  description: "Liberado para o Mundo",
});

describe("stages 2-3 of the bia stack", () => {
  it("let the world into the load balancer, the load balancer into the instances, and those into the database", () => {
    const common = { vpcId: "vpc-1", tags: {} };
    expect(desired("alb-security-group")).toEqual({
      ...common,
      name: "bia-alb-teste",
      description: "SG do ALB da Bia",
      ingress: [open(80), open(443)],
    });
    expect(desired("ec2-security-group")).toEqual({
      ...common,
      name: "bia-ec2-teste",
      description: "SG da EC2 com ALB",
      ingress: [{ protocol: "tcp", fromPort: 0, toPort: 65_535, sourceGroup: "sg-alb", description: "Acesso do ALB" }],
    });
    const postgres = { protocol: "tcp", fromPort: 5432, toPort: 5432 };
    expect(desired("db-security-group")).toEqual({
      ...common,
      name: "bia-db-teste",
      description: "Acesso do bia db",
      ingress: [
        { ...postgres, sourceGroup: "sg-ec2", description: "Acesso do bia-ec2" },
        { ...postgres, sourceGroup: "sg-dev", description: "Acesso do bia-dev" },
      ],
    });
  });

  it("run PostgreSQL 16 on a db.t3.micro with 20 GB gp2 in zone a, for nobody outside", () => {
    expect(desired("db-instance")).toEqual({
      identifier: "bia",
      instanceClass: "db.t3.micro",
      engine: "postgres",
      engineVersion: "16",
      storage: { size: 20, type: "gp2" },
      username: "postgres",
      password: { parameter: "/bia-infra/bia/bia/password" },
      passwordVersion: 3,
      port: 5432,
      backupRetention: 7,
      fewerBackups: true,
      availabilityZone: "us-east-1a",
      securityGroups: ["sg-db"],
      publiclyAccessible: false,
    });
    expect(desired("db-password")).toEqual({ name: "/bia-infra/bia/bia/password", length: 32 });
  });

  it("keep the image in a repository of the app's name, the first one built on the work machine", () => {
    expect(desired("repository")).toEqual({ name: "bia", keepUntagged: 10 });
    expect(desired("first-image")).toEqual({
      folder: "/home/ec2-user/bia",
      user: "ec2-user",
      instanceId: "i-dev",
      version: "version",
      repositoryName: "bia",
      repositoryUri: "HOST/bia",
      tag: "latest",
      buildArgs: {},
    });
    expect(needsOf("first-image")).toContainEqual(["dev-app", "ready"]);
  });

  it("put the load balancer into the three zones", () => {
    expect(desired("load-balancer")).toEqual({
      name: "bia-alb",
      scheme: "internet-facing",
      subnets: ["subnet-a", "subnet-b", "subnet-c"],
      securityGroups: ["sg-alb"],
    });
  });

  it("check and drain the targets as AWS advises for quick deployments, or with the course's figures", () => {
    const healthCheck = { healthyThreshold: 5, unhealthyThreshold: 2, timeout: 5, interval: 15 };
    const course = stackFor({ targetGroup: { deregistrationDelay: 30, healthCheck } });
    expect(desired("target-group", course)).toMatchObject({
      healthCheck,
      attributes: { "deregistration_delay.timeout_seconds": "30" },
    });
    expect(desired("target-group")).toEqual({
      name: "tg-bia",
      targetType: "instance",
      protocol: "HTTP",
      protocolVersion: "HTTP1",
      port: 80,
      vpcId: "vpc-1",
      healthCheck: {
        protocol: "HTTP",
        port: "traffic-port",
        path: "/",
        healthyThreshold: 2,
        unhealthyThreshold: 3,
        timeout: 4,
        interval: 5,
        codes: "200-299",
      },
      attributes: { "deregistration_delay.timeout_seconds": "5" },
    });
  });

  it("forward HTTP 80 to the targets, without waiting for the load balancer to be active", () => {
    expect(desired("http-listener")).toEqual({
      loadBalancer: "arn:alb",
      port: 80,
      protocol: "HTTP",
      targetGroup: "arn:tg",
    });
    expect(needsOf("http-listener")).toContainEqual(["load-balancer", "exists"]);
  });

  it("launch instances that join the cluster, with a role that ECS accepts", () => {
    const role = {
      name: "ecs-ec2InstanceRole",
      service: "ec2.amazonaws.com",
      managedPolicies: ["arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"],
    };
    expect(desired("ecs-instance-role")).toMatchObject({ ...role, inlinePolicies: { "take-commands": {} } });
    expect(JSON.stringify(desired("ecs-instance-role"))).not.toContain("GetParameter");
    const course = stackFor({ launchTemplate: { role: { takesCommands: false } } });
    expect(desired("ecs-instance-role", course)).toEqual(role);
    expect(desired("ecs-instance-profile")).toEqual({ name: "ecs-ec2InstanceIProfile", role: "ecs-ec2InstanceRole" });
    expect(desired("ecs-image")).toEqual({
      parameter: "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id",
    });
    expect(desired("launch-template")).toEqual({
      name: "launchTempCurso117",
      image: ACTUALS["ecs-image"],
      instanceType: "t3.micro",
      securityGroups: ["sg-ec2"],
      instanceProfile: "ecs-ec2InstanceIProfile",
      // The course says 8 GB; the image's snapshot has 30, and no root volume is smaller.
      rootVolume: { size: 30, type: "gp2" },
      userData: "#!/bin/bash\necho ECS_CLUSTER=cluster-bia-alb >> /etc/ecs/ecs.config\n",
    });
  });

  it("keep two instances in the three zones, made after the cluster that they join", () => {
    expect(desired("auto-scaling-group")).toEqual({
      name: "asgCurso117",
      launchTemplate: { id: "lt-1", version: "1" },
      instanceProfile: { name: "ecs-ec2InstanceIProfile", id: "AIPA1" },
      minSize: 2,
      maxSize: 2,
      desiredCapacity: 2,
      subnets: ["subnet-a", "subnet-b", "subnet-c"],
      defaultCooldown: 300,
      healthCheckType: "EC2",
      healthCheckGracePeriod: 300,
      tags: { Name: "ECS Instances - cluster-bia" },
      metrics: [
        "GroupMinSize",
        "GroupMaxSize",
        "GroupDesiredCapacity",
        "GroupInServiceInstances",
        "GroupPendingInstances",
        "GroupStandbyInstances",
        "GroupTerminatingInstances",
        "GroupTotalInstances",
      ],
      targetGroups: [],
    });
    expect(needsOf("auto-scaling-group")).toContainEqual(["cluster", "ready"]);
  });

  it("register the instances themselves as targets only for who asks for it", () => {
    const stack = stackFor({ autoScalingGroup: { attachTargetGroup: true } });
    expect(desired("auto-scaling-group", stack)).toMatchObject({ targetGroups: ["arn:tg"] });
  });

  it("let ECS scale the group, as the cluster's default capacity", () => {
    expect(desired("capacity-provider")).toEqual({
      name: "capacityProviderCurso117",
      autoScalingGroup: "arn:asg",
      managedScaling: "ENABLED",
      targetCapacity: 100,
      managedTerminationProtection: "DISABLED",
      managedDraining: "DISABLED",
    });
    const draining = stackFor({ capacityProvider: { managedDraining: true } });
    expect(desired("capacity-provider", draining)).toMatchObject({ managedDraining: "ENABLED" });
    expect(needsOf("capacity-provider")).toEqual([["auto-scaling-group", "exists"]]);
    expect(desired("cluster")).toEqual({ name: "cluster-bia-alb", containerInsights: "enabled" });
    expect(desired("cluster-strategy")).toEqual({
      cluster: "CLUSTER",
      providers: ["capacityProviderCurso117"],
      strategy: [{ provider: "capacityProviderCurso117", base: 1, weight: 1 }],
    });
  });

  it("give a task its image, its database and, as a secret, its password", () => {
    expect(desired("execution-role")).toEqual({
      name: "ecsTaskExecutionRole",
      service: "ecs-tasks.amazonaws.com",
      managedPolicies: ["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"],
      inlinePolicies: {
        "read-database-password": {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: ["ssm:GetParameters"],
              Resource: ["arn:aws:ssm:us-east-1:*:parameter/bia-infra/bia/bia/password"],
            },
          ],
        },
      },
    });
    expect(desired("task-definition")).toEqual({
      family: "task-def-bia-alb",
      networkMode: "bridge",
      requiresCompatibilities: ["EC2"],
      runtimePlatform: { operatingSystem: "LINUX", architecture: "X86_64" },
      executionRole: "arn:execution",
      containers: [
        {
          name: "bia",
          image: "HOST/bia:latest",
          cpu: 1024,
          memory: 512,
          stopTimeout: 10,
          essential: true,
          portMappings: [{ hostPort: 0, containerPort: 8080, protocol: "tcp" }],
          environment: { DB_USER: "postgres", DB_HOST: "bia.rds.test", DB_PORT: "5432", DB_NAME: "bia" },
          secrets: { DB_PWD: "arn:ssm:password" },
          logConfiguration: {
            driver: "awslogs",
            options: {
              "awslogs-group": "/ecs/task-def-bia-alb",
              "awslogs-region": "us-east-1",
              "awslogs-stream-prefix": "bia",
            },
          },
        },
      ],
      release: { container: "bia", versionVariable: "VERSAO_API" },
      service: { cluster: "cluster-bia-alb", name: "service-bia-alb" },
    });
  });

  it("leave the app's database to sequelize, and have it there from the beginning for other apps", () => {
    expect(desired("db-instance")).not.toHaveProperty("databaseName");
    for (const migrate of [false as const, ["npm", "run", "migrate"]]) {
      expect(desired("db-instance", stackFor({ app: { migrate } }))).toMatchObject({ databaseName: "bia" });
    }
  });

  it("give it what the variables add, secrets by their parameters, which win over what the stack says", () => {
    const stack = stackFor({
      taskDefinition: {
        container: {
          environment: { DB_SSL: "1", DB_NAME: "loja" },
          secrets: { DB_USER: "/loja/user", TOKEN: "/loja/token" },
        },
      },
    });
    expect(desired("task-definition", stack)).toMatchObject({
      containers: [
        {
          environment: { DB_HOST: "bia.rds.test", DB_PORT: "5432", DB_NAME: "loja", DB_SSL: "1" },
          secrets: { DB_PWD: "arn:ssm:password", DB_USER: "/loja/user", TOKEN: "/loja/token" },
        },
      ],
    });
    expect(desired("execution-role", stack)).toMatchObject({
      inlinePolicies: {
        "read-database-password": {},
        "read-secrets": {
          Statement: [
            {
              Action: ["ssm:GetParameters"],
              Resource: ["arn:aws:ssm:us-east-1:*:parameter/loja/token", "arn:aws:ssm:us-east-1:*:parameter/loja/user"],
            },
          ],
        },
      },
    });
  });

  it("keep what the tasks print for a week, in a group of the family's name or another, unless nobody wants it", () => {
    expect(desired("log-group")).toEqual({ name: "/ecs/task-def-bia-alb", retention: 7 });
    const other = stackFor({ taskDefinition: { logs: { group: "bia", retention: 1 } } });
    expect(desired("log-group", other)).toEqual({ name: "bia", retention: 1 });
    const none = stackFor({ taskDefinition: { logs: { enabled: false } } });
    expect(stageOf(none).tasks.map(({ id }) => id)).not.toContain("log-group");
    expect(stageOf(none).costs.map(({ part }) => part)).not.toContain("log group /ecs/task-def-bia-alb");
    expect(desired("task-definition", none).containers).toEqual([
      expect.not.objectContaining({ logConfiguration: expect.anything() }),
    ]);
  });

  it("run two tasks, one on each instance, replaced one after the other", () => {
    expect(desired("service")).toEqual({
      cluster: "CLUSTER",
      name: "service-bia-alb",
      taskDefinition: "arn:revision",
      desiredCount: 2,
      capacityProviderStrategy: [{ provider: "capacityProviderCurso117", base: 1, weight: 1 }],
      deployment: { minimumHealthyPercent: 50, maximumPercent: 100, whenFailing: "rollback" },
      availabilityZoneRebalancing: "DISABLED",
      loadBalancers: [{ targetGroup: "arn:tg", container: "bia", port: 8080 }],
      healthCheckGracePeriod: 60,
      placementConstraints: [{ type: "distinctInstance" }],
      placementStrategy: [{ type: "spread", field: "attribute:ecs.availability-zone" }],
      propagateTags: "SERVICE",
    });
  });

  it("start the service once there is an image, a migrated database, an instance and a listener", () => {
    const ready = (id: string) => [id, "ready"];
    expect(needsOf("service")).toEqual(
      expect.arrayContaining(
        ["first-image", "rds-database", "auto-scaling-group", "cluster-strategy", "http-listener"].map(ready),
      ),
    );
  });

  it("create and migrate the database from the work machine, which never sees its password", () => {
    expect(desired("rds-database")).toEqual({
      folder: "/home/ec2-user/bia",
      user: "ec2-user",
      instanceId: "i-dev",
      version: "version",
      port: 3001,
      traits: {
        service: "server",
        health: { path: "/api/versao", text: "Bia", data: "/api/tarefas" },
        migrate: ["npx", "sequelize", "db:migrate"],
      },
      database: {
        address: "bia.rds.test",
        port: 5432,
        username: "postgres",
        name: "bia",
        passwordParameter: "/bia-infra/bia/bia/password",
        resourceId: "db-1",
      },
    });
  });

  it("prove the domain to ACM and lead its www name to the load balancer, with HTTPS", () => {
    expect(desired("hosted-zone")).toEqual({ name: "bia.localhost", comment: "bia" });
    expect(desired("certificate")).toEqual({ domainName: "www.bia.localhost", alternativeNames: [] });
    expect(desired("validation-record")).toEqual({
      zoneId: "Z1",
      name: "_a.www.bia.localhost",
      type: "CNAME",
      ttl: 300,
      values: ["_b.acm.test"],
    });
    expect(desired("certificate-issued")).toEqual({ arn: "arn:certificate", nameServers: ["ns-1.test", "ns-2.test"] });
    expect(desired("www-record")).toEqual({
      zoneId: "Z1",
      name: "www.bia.localhost",
      type: "CNAME",
      ttl: 300,
      values: ["bia-alb-1.elb.test"],
    });
    expect(desired("https-listener")).toEqual({
      loadBalancer: "arn:alb",
      port: 443,
      protocol: "HTTPS",
      targetGroup: "arn:tg",
      certificate: "arn:certificate",
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
    });
    expect(needsOf("https-listener")).toContainEqual(["certificate-issued", "ready"]);
  });

  it("tell where everything is on aws, the site first", () => {
    const stack = stackFor({ domain: { name: "example.com.br" } }, AWS);
    expect(Object.keys(stageOf(stack).outputs)).toEqual([
      "site",
      "load balancer",
      "name servers",
      "database",
      "repository",
      "cluster",
      "service",
    ]);
  });

  it("make nothing that the course does not have, and nothing twice", () => {
    expect(stageOf(stackFor()).tasks.map(({ id }) => id)).toEqual([
      "network",
      "alb-security-group",
      "ec2-security-group",
      "db-security-group",
      "db-password",
      "db-instance",
      "repository",
      "first-image",
      "load-balancer",
      "target-group",
      "http-listener",
      "ecs-instance-role",
      "ecs-instance-profile",
      "ecs-image",
      "launch-template",
      "performance-log-group",
      "cluster",
      "auto-scaling-group",
      "capacity-provider",
      "cluster-strategy",
      "rds-database",
      "execution-role",
      "log-group",
      "task-definition",
      "service",
      "hosted-zone",
      "certificate",
      "validation-record",
      "certificate-issued",
      "www-record",
      "https-listener",
    ]);
  });
});

describe("the domain", () => {
  const HTTPS = [
    "hosted-zone",
    "certificate",
    "validation-record",
    "certificate-issued",
    "www-record",
    "https-listener",
  ];
  const httpsOf = (stack: Stack) => stageOf(stack).tasks.flatMap(({ id }) => (HTTPS.includes(id) ? [id] : []));

  it("is bia.localhost on the sandbox, where nobody needs to own one", () => {
    expect(httpsOf(stackFor())).toEqual(HTTPS);
  });

  it("is none on aws until one is named: no zone, no certificate, no HTTPS", () => {
    expect(httpsOf(stackFor({}, AWS))).toEqual([]);
    expect(Object.keys(stageOf(stackFor({}, AWS)).outputs)).not.toContain("site");
  });

  it.each([AWS, SANDBOX])("is the person's own where they name one ($target)", (place) => {
    const stack = stackFor({ domain: { name: "example.com.br", host: "app" } }, place);
    expect(httpsOf(stack)).toEqual(HTTPS);
    expect(desired("hosted-zone", stack)).toMatchObject({ name: "example.com.br" });
    expect(desired("certificate", stack)).toMatchObject({ domainName: "app.example.com.br" });
    expect(desired("www-record", stack)).toMatchObject({ name: "app.example.com.br" });
  });
});

describe("aula 2 alone, without a load balancer", () => {
  const stack = stackFor({ loadBalancer: false });

  it("has no balancer, target group, listener, zone or certificate", () => {
    expect(stageOf(stack).tasks.map(({ id }) => id)).toEqual([
      "network",
      "ec2-security-group",
      "db-security-group",
      "db-password",
      "db-instance",
      "repository",
      "first-image",
      "ecs-instance-role",
      "ecs-instance-profile",
      "ecs-image",
      "launch-template",
      "performance-log-group",
      "cluster",
      "auto-scaling-group",
      "capacity-provider",
      "cluster-strategy",
      "rds-database",
      "execution-role",
      "log-group",
      "task-definition",
      "service",
    ]);
  });

  it("lets the world into port 80 of the instance", () => {
    expect(desired("ec2-security-group", stack)).toMatchObject({ name: "bia-web-teste", ingress: [open(80)] });
  });

  it("has one instance, in a cluster of its own name", () => {
    expect(desired("cluster", stack)).toMatchObject({ name: "cluster-bia" });
    expect(desired("launch-template", stack).userData).toContain("ECS_CLUSTER=cluster-bia ");
    expect(desired("auto-scaling-group", stack)).toMatchObject({
      minSize: 1,
      maxSize: 1,
      desiredCapacity: 1,
      targetGroups: [],
    });
  });

  it("runs one task on port 80 of that instance, which goes before the next one comes", () => {
    expect(desired("task-definition", stack)).toMatchObject({
      family: "task-def-bia",
      containers: [{ portMappings: [{ hostPort: 80, containerPort: 8080, protocol: "tcp" }] }],
    });
    expect(desired("service", stack)).toMatchObject({
      name: "service-bia",
      desiredCount: 1,
      deployment: { minimumHealthyPercent: 0, maximumPercent: 100, whenFailing: "rollback" },
      loadBalancers: [],
      healthCheckGracePeriod: 0,
    });
  });

  it("tells of no load balancer and of no site", () => {
    expect(Object.keys(stageOf(stack).outputs)).toEqual(["database", "repository", "cluster", "service"]);
  });
});

describe("what is begun first, one call at a time", () => {
  const stack = stackFor();
  const needed = (id: string) => withNeeds(stack, [taskOf(stack, id)]).map((task) => task.id);

  async function begun(): Promise<string[]> {
    const order: string[] = [];
    await walk({
      tasks: stageOf(stack).tasks,
      direction: "forward",
      concurrency: 1,
      stopOnFailure: true,
      signal: new AbortController().signal,
      now: () => 0,
      visit: (task, step) =>
        step.call(async () => {
          order.push(task.id);
          await setImmediate();
        }),
    });
    return order;
  }

  // One other call may come in between: the one whose turn had come while the last need was being met.
  it.each([
    { id: "db-instance", longer: [] },
    { id: "load-balancer", longer: ["db-instance", "certificate-issued", "cluster-strategy", "first-image"] },
  ])("$id goes before all that is not on the way to something longer", async ({ id, longer }) => {
    const order = await begun();
    const at = order.indexOf(id);
    const lastNeed = order.findLastIndex((other, index) => index < at && needed(id).includes(other));
    const ahead = [id, ...longer].flatMap(needed);
    const between = order.slice(lastNeed + 1, at).filter((other) => !ahead.includes(other));
    expect(between.length).toBeLessThanOrEqual(1);
  });
});
