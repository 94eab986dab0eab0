import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
} from "@aws-sdk/client-ecs";
import { describe, expect, it } from "vitest";
import { ownershipTags } from "../../../src/aws/tags.ts";
import { task } from "../../../src/engine/task.ts";
import { taskDefinition } from "../../../src/kinds/ecs/task-definition.ts";
import type { TaskDefinitionDesired } from "../../../src/kinds/ecs/task-definition-desired.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { type Drift, describeContract } from "../contract.ts";
import { container, definition, FAMILY, stackOf } from "./stack.ts";

function stackWith(desired: Partial<TaskDefinitionDesired> = {}) {
  return stackOf(task("definition", "task definition", taskDefinition, { ...definition, ...desired }));
}

const stack = stackWith();
const only = "definition";
const OURS = Object.entries(ownershipTags("bia", "definition")).map(([key, value]) => ({ key, value }));

/** What the newest revision would be registered as, with changes to it or to its container. */
async function registered(
  { ecs }: ReturnType<typeof clientsOf>,
  change: Partial<RegisterTaskDefinitionCommandInput>,
  ofContainer: object = {},
): Promise<unknown> {
  const found = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: FAMILY }));
  const {
    containerDefinitions = [],
    networkMode,
    requiresCompatibilities,
    runtimePlatform,
    executionRoleArn,
  } = found.taskDefinition ?? {};
  return ecs.send(
    new RegisterTaskDefinitionCommand({
      family: FAMILY,
      networkMode,
      requiresCompatibilities,
      runtimePlatform,
      executionRoleArn,
      containerDefinitions: containerDefinitions.map((one) => ({ ...one, ...ofContainer })),
      tags: OURS,
      ...change,
    }),
  );
}

/** Another revision that carries our tags, in which one thing is different. */
function revision(field: RegExp, change: Partial<RegisterTaskDefinitionCommandInput>, ofContainer: object = {}): Drift {
  return { field, make: (aws) => registered(aws, change, ofContainer) };
}

describeContract({
  task: only,
  stack,
  drifts: {
    "another network mode": revision(/^networkMode$/, { networkMode: "host" }),
    "another execution role": revision(/^executionRoleArn$/, { executionRoleArn: `${definition.executionRole}-2` }),
    "a role that nobody asked for": revision(/^taskRoleArn$/, { taskRoleArn: definition.executionRole }),
    "limits of the whole task": revision(/^(cpu|memory)$/, { cpu: "1024", memory: "512" }),
    "other compatibilities": revision(/^requiresCompatibilities$/, { requiresCompatibilities: undefined }),
    "another architecture": revision(/^runtimePlatform\.cpuArchitecture$/, {
      runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "ARM64" },
    }),
    "a placement constraint": revision(/^placementConstraints$/, {
      placementConstraints: [{ type: "memberOf", expression: "attribute:ecs.instance-type == t3.small" }],
    }),
    "another image": revision(/^container bia: image$/, {}, { image: "bia:2" }),
    "more cpu": revision(/^container bia: cpu$/, {}, { cpu: 2048 }),
    "more memory": revision(/^container bia: memory$/, {}, { memory: 900 }),
    "a soft limit of memory": revision(/^container bia: memoryReservation$/, {}, { memoryReservation: 256 }),
    "another command": revision(/^container bia: command$/, {}, { command: ["node", "other.js"] }),
    "a variable that nobody asked for": revision(
      /^container bia: environment DEBUG$/,
      {},
      {
        environment: [...Object.entries(container.environment), ["DEBUG", "1"]].map(([name, value]) => ({
          name,
          value,
        })),
      },
    ),
    "another port": revision(/^container bia: portMappings$/, {}, { portMappings: [{ containerPort: 3000 }] }),
    "another value of a variable": revision(
      /^container bia: environment DB_HOST$/,
      {},
      {
        environment: [
          { name: "DB_HOST", value: "localhost" },
          { name: "DB_PORT", value: "5432" },
        ],
      },
    ),
    "a secret that nobody asked for": revision(
      /^container bia: secret DB_PWD$/,
      {},
      { secrets: [{ name: "DB_PWD", valueFrom: "/other/password" }] },
    ),
    "a log driver": revision(/^container bia: logConfiguration/, {}, { logConfiguration: { logDriver: "json-file" } }),
    "a health check": revision(/^container bia: healthCheck$/, {}, { healthCheck: { command: ["CMD", "true"] } }),
  },
});

/** Registers a revision as a release tool does: the newest one with another image, without our tags. */
async function release(sandbox: RunningSandbox): Promise<void> {
  const clients = clientsOf(sandbox);
  await registered(clients, { tags: [] }, { image: "bia:v2" });
  clients.close();
}

async function revisionsOn(sandbox: RunningSandbox): Promise<string[]> {
  const clients = clientsOf(sandbox);
  const statuses = ["ACTIVE", "INACTIVE"] as const;
  const found = await Promise.all(
    statuses.map((status) => clients.ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: FAMILY, status }))),
  );
  clients.close();
  return found.flatMap(({ taskDefinitionArns = [] }) => taskDefinitionArns.map((arn) => arn.split("/")[1] ?? ""));
}

describe("a task definition", () => {
  it("is registered again only when something in it is different", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only });
    await createOn(sandbox, { stack, only });
    expect(await revisionsOn(sandbox)).toEqual([`${FAMILY}:1`]);
    const other = stackWith({ containers: [{ ...container, memory: 900 }] });
    expect(verdicts(await createOn(sandbox, { stack: other, only }))).toEqual({ definition: "update" });
    expect(await revisionsOn(sandbox)).toEqual([`${FAMILY}:1`, `${FAMILY}:2`]);
  });

  it("whose revision was deregistered is registered again", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only });
    const clients = clientsOf(sandbox);
    await clients.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: `${FAMILY}:1` }));
    clients.close();
    const [planned] = (await planOn(sandbox, { stack, only })).tasks;
    expect(planned?.changes).toEqual([{ field: "status", from: "INACTIVE", to: "ACTIVE" }]);
    await createOn(sandbox, { stack, only });
    expect(await revisionsOn(sandbox)).toEqual([`${FAMILY}:2`, `${FAMILY}:1`]);
    await destroyOn(sandbox, { stack, only });
    expect(await revisionsOn(sandbox)).toEqual([]);
  });

  it("with the default values of AWS in every place is not different", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const whole = stackWith({
      taskRole: definition.executionRole,
      cpu: 1024,
      memory: 512,
      placementConstraints: ["attribute:ecs.os-type == linux"],
      containers: [
        {
          ...container,
          secrets: { DB_PWD: "/bia/database/password" },
          logConfiguration: { driver: "json-file", options: { "max-size": "10m" } },
          healthCheck: { command: ["CMD-SHELL", "true"] },
        },
        { ...container, name: "sidecar", essential: false, portMappings: [], environment: {} },
      ],
    });
    await createOn(sandbox, { stack: whole, only });
    expect(verdicts(await planOn(sandbox, { stack: whole, only }))).toEqual({ definition: "unchanged" });
  });

  it("goes with all its revisions, the inactive ones too, and its numbers go on afterwards", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    for (const memory of [300, 400, 500]) {
      await createOn(sandbox, { stack: stackWith({ containers: [{ ...container, memory }] }), only });
    }
    const clients = clientsOf(sandbox);
    await clients.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: `${FAMILY}:1` }));
    clients.close();
    await destroyOn(sandbox, { stack, only });
    expect(await revisionsOn(sandbox)).toEqual([]);
    await createOn(sandbox, { stack, only });
    expect(await revisionsOn(sandbox)).toEqual([`${FAMILY}:4`]);
  });

  it("that someone else released is kept as long as what we want stays the same", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only });
    await release(sandbox);
    expect(verdicts(await planOn(sandbox, { stack, only }))).toEqual({ definition: "unchanged" });
    const created = await createOn(sandbox, { stack, only });
    expect(created.events).toContainEqual(
      expect.objectContaining({ type: "done", detail: "revision 2, registered by someone else" }),
    );
    expect(await revisionsOn(sandbox)).toEqual([`${FAMILY}:1`, `${FAMILY}:2`]);
  });

  it("that someone else released is named by the plan before a change of ours takes its place", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only });
    await release(sandbox);
    const other = stackWith({ containers: [{ ...container, memory: 900 }] });
    const [planned] = (await planOn(sandbox, { stack: other, only })).tasks;
    expect(planned?.changes).toEqual([
      { field: "container bia: image", from: "bia:v2", to: container.image },
      { field: "container bia: memory", from: "512", to: "900" },
    ]);
    expect(verdicts(await createOn(sandbox, { stack: other, only }))).toEqual({ definition: "update" });
    expect(verdicts(await planOn(sandbox, { stack: other, only }))).toEqual({ definition: "unchanged" });
  });

  it("that someone else released survives destroy, and ours do not", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only });
    await release(sandbox);
    await destroyOn(sandbox, { stack, only });
    expect(await revisionsOn(sandbox)).toEqual([`${FAMILY}:2`]);
  });

  it("of someone else's family is used as it is", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const clients = clientsOf(sandbox);
    const containerDefinitions = [{ name: "web", image: "httpd", memory: 128 }];
    await clients.ecs.send(new RegisterTaskDefinitionCommand({ family: FAMILY, containerDefinitions }));
    clients.close();
    const before = await everything(sandbox);
    expect(verdicts(await createOn(sandbox, { stack, only }))).toEqual({ definition: "foreign" });
    await destroyOn(sandbox, { stack, only });
    expect(await everything(sandbox)).toEqual(before);
  });
});
