import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupsCommand,
  RevokeSecurityGroupIngressCommand,
} from "@aws-sdk/client-ec2";
import { DescribeServicesCommand, RegisterTaskDefinitionCommand, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { CreateTargetGroupCommand, DescribeTargetGroupsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateSecretCommand, DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Aws } from "../../src/aws/clients.ts";
import type { Finding } from "../../src/aws/finding.ts";
import type { TaskDefinitionDesired } from "../../src/kinds/ecs/task-definition-desired.ts";
import { verification } from "../../src/release/verify/index.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { clientsOf, createOn } from "../support/runs.ts";

const PLACE = { cluster: "cluster-bia-alb", service: "service-bia-alb" };
const EXECUTION = "service-role/AmazonECSTaskExecutionRolePolicy";

/** What the checks say about the whole stack, and what they say when one thing is wrong. */
describe("verify", { timeout: 30_000 }, () => {
  let sandbox: RunningSandbox;
  let clients: ReturnType<typeof clientsOf>;
  let aws: Aws;
  let definition: TaskDefinitionDesired;

  beforeAll(async () => {
    sandbox = await startSandbox({ delays: "none" });
    clients = clientsOf(sandbox);
    const account = await clients.account();
    aws = clients.scopedTo({ region: "us-east-1", account, stack: "bia", ownership: {} });
    await createOn(sandbox);
    definition = definitionIn(account);
  }, 60_000);

  afterAll(async () => {
    clients.close();
    await sandbox.close();
  });

  async function findings(changed: Partial<TaskDefinitionDesired> = {}): Promise<readonly Finding[]> {
    aws.shared.forget();
    const looked = await verification.find(aws, { ...PLACE, definition: { ...definition, ...changed } });
    return looked?.findings ?? [];
  }

  /** All that is not ok, as a person reads it. */
  async function troubles(changed: Partial<TaskDefinitionDesired> = {}): Promise<string[]> {
    const bad = (await findings(changed)).filter(({ level }) => level !== "ok");
    return bad.map(({ level, subject, text, next }) => `${level}: ${subject}: ${text}${next ? ` -> ${next}` : ""}`);
  }

  function container(changed: Partial<TaskDefinitionDesired["containers"][number]>): Partial<TaskDefinitionDesired> {
    const [bia] = definition.containers;
    return bia ? { containers: [{ ...bia, ...changed }] } : {};
  }

  /** A role of its own for one test, without a right. */
  async function role(name: string, service = "ecs-tasks.amazonaws.com", policy?: object): Promise<string> {
    const trust = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
    const { Role } = await clients.iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument }));
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [policy] });
    if (policy) await clients.iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: "own", PolicyDocument }));
    return Role?.Arn ?? "";
  }

  /** With other figures for deployments, and back again. */
  async function deploying<T>(minimumHealthyPercent: number, maximumPercent: number, look: () => Promise<T>) {
    const set = (least: number, most: number) =>
      clients.ecs.send(
        new UpdateServiceCommand({
          ...PLACE,
          deploymentConfiguration: { minimumHealthyPercent: least, maximumPercent: most },
        }),
      );
    await set(minimumHealthyPercent, maximumPercent);
    const seen = await look();
    await set(50, 100);
    return seen;
  }

  it("has nothing to say about a stack that is as create makes it", async () => {
    const all = await findings();
    expect(all.map(({ level, subject }) => `${level} ${subject}`)).toEqual([
      "ok service",
      "ok execution role",
      "ok secrets",
      "ok pull image",
      "ok print to logs",
      "ok log group",
      "ok target group",
      "ok network",
      "ok room",
    ]);
  });

  it("finds a role that is not there, and one that ECS cannot assume", async () => {
    const gone = definition.executionRole.replace(/[^/]+$/, "gone");
    expect(await troubles({ executionRole: gone })).toContain(
      "problem: execution role: there is no role gone -> `bia-infra create --all` makes the stack's own roles.",
    );
    const [trouble, ...more] = await troubles({ taskRole: await role("for-machines", "ec2.amazonaws.com") });
    expect(trouble).toContain("task role: ECS cannot assume for-machines: its trust policy does not name ecs-tasks");
    expect(more).toEqual([]);
  });

  it("finds a secret that is not there, and one that the execution role may not read", async () => {
    expect(await troubles(container({ secrets: { KEY: "/shop/key" } }))).toEqual([
      expect.stringContaining("problem: secrets: KEY: there is no parameter /shop/key -> "),
      expect.stringMatching(/problem: secrets: KEY: ecsTaskExecutionRole may not ssm:GetParameters arn:\S+\/shop\/key/),
    ]);
  });

  it("finds a secret of Secrets Manager that is not there, is about to go, or may not be read", async () => {
    const { secretsManager } = clients;
    const of = (arn: string) => troubles(container({ secrets: { KEY: `${arn}:key::` } }));
    const gone = `arn:aws:secretsmanager:us-east-1:${aws.account}:secret:gone-AbCdEf`;
    expect(await of(gone)).toContainEqual(
      expect.stringContaining(`problem: secrets: KEY: there is no secret ${gone} ->`),
    );
    const { ARN = "" } = await secretsManager.send(new CreateSecretCommand({ Name: "shop", SecretString: "{}" }));
    const unreadable = `problem: secrets: KEY: ecsTaskExecutionRole may not secretsmanager:GetSecretValue ${ARN} ->`;
    expect(await of(ARN)).toEqual([expect.stringContaining(unreadable)]);
    await secretsManager.send(new DeleteSecretCommand({ SecretId: ARN }));
    expect(await of(ARN)).toContainEqual(expect.stringContaining(`secret ${ARN} is scheduled for deletion`));
  });

  it("says that what a condition decides is not sure", async () => {
    const Condition = { StringEquals: { "aws:SourceVpc": "vpc-1" } };
    const own = await role("conditional", undefined, { Effect: "Allow", Action: "*", Resource: "*", Condition });
    expect(await troubles({ executionRole: own })).toContainEqual(
      expect.stringMatching(/^unknown: secrets: DB_PWD: conditional may not .*, or it depends on aws:SourceVpc/),
    );
  });

  it("says in AWS's words that rights were not checked where nobody may ask for them", async () => {
    const error = {
      code: "AccessDenied",
      status: 403,
      message: "not authorized to perform: iam:SimulatePrincipalPolicy",
    };
    sandbox.world.faults.set([{ operation: "iam:SimulatePrincipalPolicy", effect: { error } }]);
    const seen = await troubles();
    sandbox.world.faults.set([]);
    expect(seen).toHaveLength(3);
    for (const line of seen) expect(line).toMatch(/^unknown: .*not authorized to perform: iam:SimulatePrincipalPolicy/);
  });

  it("takes a right that only the machines' role has for worth knowing, and one that nobody has for a problem", async () => {
    const own = await role("reader", undefined, { Effect: "Allow", Action: "ssm:*", Resource: "*" });
    expect(await troubles({ executionRole: own })).toEqual([
      "note: pull image: reader may not ecr:GetAuthorizationToken on *, but ecs-ec2InstanceRole, the role of the machines, may",
      expect.stringMatching(/^note: print to logs: reader may not logs:CreateLogStream on .*, but ecs-ec2InstanceRole/),
    ]);
    const { roles } = sandbox.world.iam;
    const machines = roles.get("ecs-ec2InstanceRole");
    if (!machines) throw new Error("no role of machines");
    roles.put({ ...machines, hidden: { ...machines.hidden, attached: [] } });
    const seen = await troubles({ executionRole: own });
    roles.put(machines);
    expect(seen).toContainEqual(
      expect.stringMatching(`^problem: pull image: reader may not .* -> Attach ${EXECUTION}`),
    );
  });

  it("finds a log group that is not there, but not one that the driver makes", async () => {
    const options = { "awslogs-group": "/ecs/none", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "bia" };
    const printing = (more: object) =>
      container({ logConfiguration: { driver: "awslogs", options: { ...options, ...more } } });
    expect(await troubles(printing({}))).toEqual([
      "problem: log group: there is no log group /ecs/none, and without it no task starts -> `bia-infra create --all` makes the stack's own; another one with `aws logs create-log-group`.",
    ]);
    expect(await troubles(printing({ "awslogs-create-group": "true" }))).toEqual([]);
  });

  it("finds a target group that is on no load balancer, is not there, or is for another port", async () => {
    const { TargetGroups } = await clients.elbv2.send(new DescribeTargetGroupsCommand({ Names: ["tg-bia"] }));
    const { VpcId } = TargetGroups?.[0] ?? {};
    const made = await clients.elbv2.send(
      new CreateTargetGroupCommand({ Name: "loose", Protocol: "HTTP", Port: 80, VpcId }),
    );
    const loose = made.TargetGroups?.[0]?.TargetGroupArn ?? "";
    const { services } = sandbox.world.region("us-east-1").ecs;
    const [before] = services.all();
    if (!before) throw new Error("no service");
    const registeredIn = async (targetGroupArn: string) => {
      const loadBalancers = [{ targetGroupArn, containerName: "bia", containerPort: 8080 }];
      services.put({ ...before, loadBalancers });
      const seen = await troubles();
      services.put(before);
      return seen.filter((line) => line.startsWith("problem: target group"));
    };
    expect(await registeredIn(loose)).toEqual([expect.stringContaining("loose is on no listener of a load balancer")]);
    expect(await registeredIn(loose.replace("loose", "lost"))).toEqual([
      expect.stringContaining("there is no target group lost"),
    ]);
    const other = container({ portMappings: [{ hostPort: 0, containerPort: 9090, protocol: "tcp" }] });
    expect(await troubles(other)).toEqual([
      expect.stringContaining("port 8080 of container bia, which is to be in tg-bia, is not"),
    ]);
  });

  it("finds that the load balancer is not let in to the machines", async () => {
    const Filters = [{ Name: "group-name", Values: ["bia-ec2-teste"] }];
    const { SecurityGroups } = await clients.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const { GroupId, IpPermissions } = SecurityGroups?.[0] ?? {};
    await clients.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    const seen = await troubles();
    await clients.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    expect(seen).toEqual([
      expect.stringMatching(
        /^problem: network: bia-ec2-teste does not let the load balancer \(sg-\w+\) in on tcp 32768 to 60999/,
      ),
    ]);
  });

  it("finds that a task needs more than a machine has, and a machine of another sort", async () => {
    expect(await troubles(container({ memory: 4000 }))).toEqual([
      expect.stringMatching(
        /^problem: room: not all 2 tasks have room: each takes 4000 MiB and 1024 CPU units, and the roomiest machine has \d+ MiB and 2048 CPU units without the old ones -> Ask for less/,
      ),
    ]);
    expect(await troubles({ runtimePlatform: { operatingSystem: "LINUX", architecture: "ARM64" } })).toEqual([
      expect.stringContaining("there is no machine for them, and 2 not of arm64"),
    ]);
  });

  it("finds figures with which nothing can be rolled out, and those for which there is no room", async () => {
    expect(await deploying(90, 100, troubles)).toEqual([
      expect.stringContaining("at least 90 and at most 100 per cent leave no task to take down and none to add"),
    ]);
    // Each task has a machine of its own, and there are two.
    expect(await deploying(100, 200, troubles)).toEqual([
      expect.stringMatching(
        /^problem: room: no machine can take one task more .* at least 100 per cent of the tasks have to go on/,
      ),
    ]);
    expect(await deploying(0, 100, troubles)).toEqual([]);
  });

  it("finds in the middle of a deployment, too, that a task needs more than an empty machine has", async () => {
    const service = async () => {
      const { services } = await clients.ecs.send(
        new DescribeServicesCommand({ cluster: PLACE.cluster, services: [PLACE.service] }),
      );
      return services?.[0];
    };
    const before = (await service())?.taskDefinition;
    const image = definition.containers[0]?.image.replace("latest", "lost");
    const portMappings = [{ containerPort: 8080, hostPort: 0 }];
    const { taskDefinition } = await clients.ecs.send(
      new RegisterTaskDefinitionCommand({
        family: "lost",
        executionRoleArn: definition.executionRole,
        containerDefinitions: [{ name: "bia", image, memory: 128, portMappings }],
      }),
    );
    await clients.ecs.send(new UpdateServiceCommand({ ...PLACE, taskDefinition: taskDefinition?.taskDefinitionArn }));
    const seen = [await troubles(container({ memory: 4000 })), await troubles()];
    expect((await service())?.deployments).toHaveLength(2);
    await clients.ecs.send(new UpdateServiceCommand({ ...PLACE, taskDefinition: before }));
    expect(seen).toEqual([[expect.stringContaining("not all 2 tasks have room: each takes 4000 MiB")], []]);
  });

  it("finds that there is no service, and no cluster", async () => {
    const looked = await verification.find(aws, { ...PLACE, cluster: "none", definition });
    expect(looked?.findings[0]).toMatchObject({
      level: "problem",
      text: "there is no service service-bia-alb in cluster none",
    });
  });

  function definitionIn(account: string): TaskDefinitionDesired {
    return {
      family: "task-def-bia-alb",
      networkMode: "bridge",
      requiresCompatibilities: ["EC2"],
      runtimePlatform: { operatingSystem: "LINUX", architecture: "X86_64" },
      executionRole: `arn:aws:iam::${account}:role/ecsTaskExecutionRole`,
      containers: [
        {
          name: "bia",
          image: `${account}.dkr.ecr.us-east-1.amazonaws.com/bia:latest`,
          cpu: 1024,
          memory: 512,
          essential: true,
          portMappings: [{ hostPort: 0, containerPort: 8080, protocol: "tcp" }],
          environment: {},
          secrets: { DB_PWD: `arn:aws:ssm:us-east-1:${account}:parameter/bia-infra/bia/bia/password` },
          logConfiguration: { driver: "awslogs", options: { "awslogs-group": "/ecs/task-def-bia-alb" } },
        },
      ],
    };
  }
});
