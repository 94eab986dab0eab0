import {
  CreateServiceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeServicesCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from "@aws-sdk/client-ecs";
import { describe, expect, it } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import { task } from "../../../src/engine/task.ts";

import { type Service, type ServiceDesired, service } from "../../../src/kinds/ecs/service.ts";
import { type TaskDefinition, taskDefinition } from "../../../src/kinds/ecs/task-definition.ts";
import type { ContainerDesired } from "../../../src/kinds/ecs/task-definition-desired.ts";

import type { TargetGroup } from "../../../src/kinds/elbv2/target-group.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import type { FaultRule } from "../../../src/sandbox/world/fault-rules.ts";
import { newRole } from "../../../src/sandbox/world/roles.ts";
import { clientsOf, createOn, destroyOn, planOn, type RunResult, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { type Drift, describeContract } from "../contract.ts";
import { balancedStack } from "../elbv2/stack.ts";
import {
  addCluster,
  addInstances,
  CLUSTER,
  container,
  definition,
  FAMILY,
  GIVEN_UP,
  PROVIDER,
  SERVICE,
  stackOf,
  takesBackAtOnce,
} from "./stack.ts";

const only = "service";

const SETTINGS = {
  cluster: CLUSTER,
  name: SERVICE,
  desiredCount: 2,
  capacityProviderStrategy: [{ provider: PROVIDER, base: 1, weight: 1 }],
  deployment: { minimumHealthyPercent: 50, maximumPercent: 100, whenFailing: "off" },
  availabilityZoneRebalancing: "DISABLED",
  loadBalancers: [],
  placementConstraints: [{ type: "distinctInstance" }],
  placementStrategy: [],
  healthCheckGracePeriod: 0,
  propagateTags: "SERVICE",
} as const satisfies Partial<ServiceDesired>;

function stackWith(desired: Partial<ServiceDesired> = {}, ofContainer: Partial<ContainerDesired> = {}) {
  const containers = [{ ...container, ...ofContainer }];
  const revision = task("definition", "task definition", taskDefinition, { ...definition, containers });
  const wanted = { ...SETTINGS, taskDefinition: revision.out(({ arn }) => arn), ...desired };
  return stackOf(revision, task("service", "service", service, wanted));
}

const stack = stackWith();

/** The same behind a load balancer. */
function balancedStackWith(desired: Partial<ServiceDesired> = {}) {
  const balancing = balancedStack().stages[0]?.tasks.filter(({ id }) => id !== "https-listener") ?? [];
  const targets = balancing.find(({ id }) => id === "target-group");
  const [revision] = stack.stages[0]?.tasks ?? [];
  if (!targets || !revision) throw new Error("no target group in the stack");
  const wanted = {
    ...SETTINGS,
    taskDefinition: revision.out(({ arn }: TaskDefinition) => arn),
    loadBalancers: [{ targetGroup: targets.out(({ arn }: TargetGroup) => arn), container: "bia", port: 8080 }],
    healthCheckGracePeriod: 60,
    ...desired,
  };
  return stackOf(...balancing, revision, task("service", "service", service, wanted, balancing));
}

/** Two machines, in a cluster whose capacity provider they belong to. */
async function prepare(sandbox: RunningSandbox): Promise<void> {
  await addCluster(sandbox);
  sandbox.world.region("us-east-1").ecs.clusters.update(CLUSTER, (draft) => {
    draft.capacityProviders = [PROVIDER, "spare"];
  });
  const clients = clientsOf(sandbox);
  const containerDefinitions = [{ name: "bia", image: "httpd", memory: 128 }];
  await clients.ecs.send(new RegisterTaskDefinitionCommand({ family: "other", containerDefinitions }));
  clients.close();
}

async function sandboxWithMachines(): Promise<RunningSandbox> {
  const sandbox = await sandboxForTest({ delays: "none" });
  await prepare(sandbox);
  return sandbox;
}

/** A change of the service's settings behind our back. */
function update(field: RegExp, change: Partial<UpdateServiceCommandInput>): Drift {
  return {
    field,
    make: ({ ecs }) => ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, ...change })),
  };
}

describeContract({
  task: only,
  stack,
  prepare,
  drifts: {
    "fewer tasks": update(/^desiredCount$/, { desiredCount: 1 }),
    "another strategy": update(/^capacityProviderStrategy$/, {
      capacityProviderStrategy: [{ capacityProvider: "spare", weight: 1 }],
    }),
    "less that must be healthy": update(/^deploymentConfiguration\.minimumHealthyPercent$/, {
      deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 },
    }),
    "more that may run": update(/^deploymentConfiguration\.maximumPercent$/, {
      deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 150 },
    }),
    "a circuit breaker": update(/^deploymentConfiguration\.deploymentCircuitBreaker$/, {
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    }),
    "rebalancing of zones": update(/^(availabilityZoneRebalancing|deploymentConfiguration\.maximumPercent)$/, {
      availabilityZoneRebalancing: "ENABLED",
      deploymentConfiguration: { minimumHealthyPercent: 50, maximumPercent: 200 },
    }),
    "no placement constraint": update(/^placementConstraints$/, { placementConstraints: [] }),
    "a placement strategy": update(/^placementStrategy$/, {
      placementStrategy: [{ type: "spread", field: "instanceId" }],
    }),
    "tags from nowhere": update(/^propagateTags$/, { propagateTags: "NONE" }),
    "another task definition": {
      field: /^taskDefinition$/,
      make: ({ ecs }) =>
        ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, taskDefinition: "other" })),
    },
  },
});

describeContract({
  task: only,
  stack: balancedStackWith(),
  prepare: async (sandbox) => {
    await prepare(sandbox);
    addInstances(sandbox);
  },
  drifts: {
    "no load balancer": update(/^loadBalancers$/, { loadBalancers: [], healthCheckGracePeriodSeconds: 0 }),
    "another grace period": update(/^healthCheckGracePeriodSeconds$/, { healthCheckGracePeriodSeconds: 5 }),
  },
});

/** What was told of the wait for the service. */
function waitsOf({ events }: RunResult): string[] {
  const told = events as readonly { readonly type: string; readonly task?: string; readonly reason?: string }[];
  return told.flatMap(({ type, task: id, reason }) => (type === "waiting" && id === only ? (reason ?? []) : []));
}

/** Lets something happen while a run is under way. */
function later({ world }: RunningSandbox, milliseconds: number, action: () => void): void {
  world.at(new Date(world.now().getTime() + milliseconds), action);
}

describe("a service", () => {
  it("is ready when its tasks run and their targets are healthy, and says how far it is", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    await prepare(sandbox);
    addInstances(sandbox);
    const created = await createOn(sandbox, { stack: balancedStackWith(), only });
    expect(waitsOf(created)[0]).toBe("0 of 2 tasks running, 0 of 2 targets healthy");
    expect(created.events).toContainEqual(
      expect.objectContaining({ type: "done", task: only, detail: "2 of 2 tasks running, 2 healthy targets" }),
    );
  });

  it("whose tasks find no place says so in the scheduler's words, and goes on when there is one", async () => {
    const sandbox = await sandboxWithMachines();
    const { containerInstances } = sandbox.world.region("us-east-1").ecs;
    const machines = containerInstances.all();
    for (const { containerInstanceArn } of machines) containerInstances.delete(containerInstanceArn);
    const creating = createOn(sandbox, { stack, only });
    later(sandbox, 1500, () => {
      for (const machine of machines) containerInstances.put(machine);
    });
    const created = await creating;
    expect(waitsOf(created)).toContainEqual(
      "0 of 2 tasks running: was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.",
    );
    expect(verdicts(created)).toMatchObject({ service: "create" });
  });

  it("whose image is not there says so in the agent's words", async () => {
    const sandbox = await sandboxWithMachines();
    const { ecr } = sandbox.world.region("us-east-1");
    sandbox.world.iam.roles.put({
      ...newRole(sandbox.world, {
        RoleName: "ecsTaskExecutionRole",
        Path: "/",
        AssumeRolePolicyDocument: JSON.stringify({
          Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
        }),
        Tags: [],
      }),
      hidden: { attached: ["arn:aws:iam::aws:policy/AdministratorAccess"], inline: {} },
    });
    const image = `${sandbox.world.account}.dkr.ecr.us-east-1.amazonaws.com/bia:latest`;
    const creating = createOn(sandbox, { stack: stackWith({}, { image }), only });
    later(sandbox, 1500, () => {
      ecr.images.put({
        repositoryName: "bia",
        registryId: sandbox.world.account,
        imageDigest: "sha256:1",
        imageTags: ["latest"],
        imageSizeInBytes: 1,
        imagePushedAt: sandbox.world.now(),
        hidden: { manifest: "{}" },
      });
    });
    const created = await creating;
    expect(waitsOf(created)).toContainEqual(
      expect.stringMatching(
        /^0 of 2 tasks running: CannotPullImageManifestError: .* name unknown: The repository .* does not exist/,
      ),
    );
    expect(created.failed).toBe(false);
  }, 20_000);

  it("is not replaced by a second one while the old one of its name is being drained", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    await prepare(sandbox);
    await createOn(sandbox, { stack, only });
    const destroying = destroyOn(sandbox, { stack, only });
    expect(waitsOf(await destroying)).toContainEqual(expect.stringContaining("being stopped"));
    expect(verdicts(await createOn(sandbox, { stack, only }))).toMatchObject({ service: "create" });
  });

  it("that was made by another call just now is seen, not made twice", async () => {
    const sandbox = await sandboxWithMachines();
    // The reading call before the create does not see it yet.
    const lag: FaultRule = { operation: "ecs:DescribeServices", nth: 1, effect: { lag: 100 } };
    sandbox.world.faults.set([lag, { operation: "ecs:CreateService", nth: 1, effect: "drop" }]);
    const created = await createOn(sandbox, { stack, only });
    expect(created.failed).toBe(false);
  });

  it("of someone else is used as it is, and left by destroy", async () => {
    const sandbox = await sandboxWithMachines();
    const clients = clientsOf(sandbox);
    await clients.ecs.send(
      new CreateServiceCommand({ cluster: CLUSTER, serviceName: SERVICE, taskDefinition: "other", desiredCount: 1 }),
    );
    expect(verdicts(await createOn(sandbox, { stack, only }))).toMatchObject({ service: "foreign" });
    await destroyOn(sandbox, { stack, only });
    const found = await clients.ecs.send(new DescribeServicesCommand({ cluster: CLUSTER, services: [SERVICE] }));
    clients.close();
    expect(found.services?.[0]).toMatchObject({ status: "ACTIVE", desiredCount: 1 });
  });

  it("keeps running the revision that a release has registered", async () => {
    const sandbox = await sandboxWithMachines();
    await createOn(sandbox, { stack, only });
    const clients = clientsOf(sandbox);
    const containerDefinitions = [{ name: "bia", image: "bia:v2", memory: 128 }];
    await clients.ecs.send(new RegisterTaskDefinitionCommand({ family: FAMILY, containerDefinitions }));
    await clients.ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, taskDefinition: FAMILY }));
    clients.close();
    expect(verdicts(await planOn(sandbox, { stack, only }))).toEqual({ definition: "unchanged", service: "unchanged" });
  });

  it.each([
    [
      "of somebody else's",
      async ({ ecs }: AwsClients) => {
        const containerDefinitions = [{ name: "bia", image: "bia:v2", memory: 128 }];
        await ecs.send(new RegisterTaskDefinitionCommand({ family: FAMILY, containerDefinitions }));
        await ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, taskDefinition: FAMILY }));
      },
      stack,
    ],
    [
      "of ours",
      async (_: AwsClients, sandbox: RunningSandbox) => {
        await createOn(sandbox, { stack: stackWith({}, { image: "bia:v2" }), only });
      },
      stackWith({}, { image: "bia:v2" }),
    ],
  ])(
    "put back by somebody to an older revision after a release %s stays there, which is told",
    async (_, release, wanted) => {
      const sandbox = await sandboxWithMachines();
      await createOn(sandbox, { stack, only });
      const clients = clientsOf(sandbox);
      await release(clients, sandbox);
      await clients.ecs.send(
        new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, taskDefinition: `${FAMILY}:1` }),
      );
      clients.close();
      const left = [{ field: "taskDefinition", from: expect.stringMatching(/:1$/), to: expect.stringMatching(/:2$/) }];
      for (const run of [planOn, createOn]) {
        const { tasks, calls } = await run(sandbox, { stack: wanted, only });
        expect(tasks.find(({ id }) => id === only)).toMatchObject({ verdict: "unchanged", left });
        expect(calls.changing).toBe(0);
      }
      // What the variables want has changed: that is a release of ours.
      await createOn(sandbox, { stack: stackWith({}, { image: "bia:v3" }), only });
      const { services } = sandbox.world.region("us-east-1").ecs;
      expect(services.all()[0]?.taskDefinition).toMatch(/:3$/);
    },
  );

  it("is put on a revision of ours by the next run if one was cut off before it did that", async () => {
    const sandbox = await sandboxWithMachines();
    await createOn(sandbox, { stack, only });
    const denied = { code: "AccessDeniedException", message: "not now", status: 403 };
    sandbox.world.faults.set([{ operation: "ecs:UpdateService", effect: { error: denied } }]);
    const release = { stack: stackWith({}, { image: "bia:v2" }), only };
    expect((await createOn(sandbox, release)).failed).toBe(true);
    sandbox.world.faults.set([]);
    expect(verdicts(await createOn(sandbox, release))).toEqual({ definition: "unchanged", service: "update" });
  });

  it("is planned to go to the revision that its changed task definition will have, and goes there", async () => {
    const sandbox = await sandboxWithMachines();
    await createOn(sandbox, { stack, only });
    const wanted = { stack: stackWith({}, { image: "bia:v2" }), only };
    const planned = await planOn(sandbox, wanted);
    expect(planned.tasks.find(({ id }) => id === only)).toMatchObject({
      verdict: "update",
      changes: [{ field: "taskDefinition", from: `${FAMILY}:1`, to: "(its next revision)" }],
    });
    expect(planned.calls.changing).toBe(0);
    expect(verdicts(await createOn(sandbox, wanted))).toEqual(verdicts(planned));
    expect(verdicts(await planOn(sandbox, wanted))).toEqual({ definition: "unchanged", service: "unchanged" });
  });

  it("leaves no revision that is not active any more, chosen or not", async () => {
    const sandbox = await sandboxWithMachines();
    await createOn(sandbox, { stack, only });
    await createOn(sandbox, { stack: stackWith({}, { image: "bia:v2" }), only });
    const { ecs, close } = clientsOf(sandbox);
    await ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, taskDefinition: `${FAMILY}:1` }));
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: `${FAMILY}:1` }));
    close();
    const planned = await planOn(sandbox, { stack: stackWith({}, { image: "bia:v2" }), only });
    expect(verdicts(planned)).toMatchObject({ service: "update" });
  });
});

describe("a release", () => {
  const serving = {
    status: "ACTIVE",
    runningCount: 2,
    pendingCount: 0,
    desiredCount: 2,
    healthyTargets: 2,
    crashes: 0,
    printed: [] as readonly string[],
    rollout: { state: "COMPLETED", reason: undefined, olderTasks: 0, failedTasks: 0, createdAt: undefined },
  } as Service;
  const { pending, broken } = service;

  it("is ready once the new revision serves alone", () => {
    expect(pending?.(serving)).toBeUndefined();
    const state = (rollout: Partial<Service["rollout"]>) =>
      pending?.({ ...serving, rollout: { ...serving.rollout, ...rollout } });
    expect(state({ state: "IN_PROGRESS" })).toContain("2 of 2 tasks running");
    const both = { ...serving, runningCount: 4, rollout: { ...serving.rollout, olderTasks: 2 } };
    expect(pending?.(both)).toMatch(/^2 of 2 tasks running.*2 of an older deployment$/);
    expect(state({ state: "IN_PROGRESS", olderTasks: 1 })).toContain("1 of an older deployment");
    expect(state({ olderTasks: 1 })).toContain("1 of an older deployment");
  });

  it("is not ready while the load balancer finds fewer healthy targets than tasks are wanted", () => {
    expect(pending?.({ ...serving, healthyTargets: 1 })).toBe("2 of 2 tasks running, 1 of 2 targets healthy");
    expect(pending?.({ ...serving, healthyTargets: undefined })).toBeUndefined();
  });

  it.each([
    ["FAILED", "ECS deployment circuit breaker: tasks failed to start."],
    ["IN_PROGRESS", "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."],
  ])("that ECS gives up (%s) is never waited for to its limit, nor called ready", (state, reason) => {
    const givenUp = { ...serving, rollout: { ...serving.rollout, state, reason } };
    expect(broken?.(givenUp)).toBe(reason);
    expect(broken?.({ ...givenUp, trouble: "CannotPullContainerError" })).toBe(`${reason} CannotPullContainerError`);
  });

  it("whose tasks have failed so far gets its circuit breaker once they stay, because ECS would give it up at once", () => {
    const off = { minimumHealthyPercent: 50, maximumPercent: 100, whenFailing: "off" } as const;
    const settings = {
      taskDefinition: "arn:a/bia:1",
      desiredCount: 2,
      capacityProviderStrategy: [],
      loadBalancers: [],
    };
    const placed = {
      placementConstraints: [],
      placementStrategy: [],
      healthCheckGracePeriod: 0,
      propagateTags: "NONE",
    };
    const same = {
      ...settings,
      ...placed,
      fargate: undefined,
      availabilityZoneRebalancing: "DISABLED",
      propagateTags: "NONE",
    } as const;
    const desired = { ...same, cluster: "c", name: "s", deployment: { ...off, whenFailing: "rollback" } } as const;
    const breaker = (state: string, failedTasks: number, more: Partial<Service> = {}) => {
      const rollout = { ...serving.rollout, state, failedTasks };
      const changes = service.diff?.(desired, {
        ...serving,
        ...same,
        deployment: off,
        isScaled: false,
        rollout,
        ...more,
      });
      return changes?.find(({ field }) => field.endsWith("deploymentCircuitBreaker"));
    };
    expect(breaker("IN_PROGRESS", 3)?.left).toMatch(/^ECS would give up the deployment at once/);
    expect(breaker("IN_PROGRESS", 0)).toMatchObject({ from: "off", to: "rollback" });
    expect(breaker("IN_PROGRESS", 0)).not.toHaveProperty("left");
    expect(breaker("COMPLETED", 3)).not.toHaveProperty("left");
    // Another deployment begins anyway, and counts from nought.
    expect(breaker("IN_PROGRESS", 3, { taskDefinition: "arn:a/bia:2" })).not.toHaveProperty("left");
  });

  it("is given up with its second task that ended by itself, before ECS would", () => {
    const [state, trouble] = ["IN_PROGRESS", "container bia exited with 3"];
    const crashed = (crashes: number) =>
      broken?.({ ...serving, crashes, trouble, rollout: { ...serving.rollout, state } });
    expect(crashed(1)).toBeUndefined();
    expect(crashed(2)).toBe("2 of its tasks ended by themselves: container bia exited with 3");
  });

  describe("that ECS has taken back before anybody looked", () => {
    const deployment = { minimumHealthyPercent: 50, maximumPercent: 100, whenFailing: "rollback" } as const;
    const serving = { stack: stackWith({ deployment }), only };
    const next = { stack: stackWith({ deployment }, { image: "bia:v2" }), only };

    async function takenBack() {
      const sandbox = await sandboxWithMachines();
      await createOn(sandbox, serving);
      const end = takesBackAtOnce(sandbox);
      const failed = await createOn(sandbox, next);
      end();
      return { sandbox, failed };
    }

    it("is given up with the reason, not waited for, and tried again by the next run", async () => {
      const { sandbox, failed } = await takenBack();
      const why = `^AWS went back to what ran before \\(service deployment [\\w-]{21}\\): ${GIVEN_UP}$`;
      expect(failed.tasks.find(({ id }) => id === only)?.error?.why).toMatch(new RegExp(why));
      expect(failed.byOperation["ecs:UpdateService"]).toBe(1);
      expect(verdicts(await createOn(sandbox, next))).toEqual({ definition: "unchanged", service: "update" });
    });

    it("is told by the next run from what is taken back again, also where AWS shows late that it was tried", async () => {
      const { sandbox } = await takenBack();
      sandbox.world.faults.set([{ operation: "ecs:DescribeServices", nth: [3, 4], effect: { lag: 3 } }]);
      expect((await createOn(sandbox, next)).failed).toBe(false);
      sandbox.world.faults.set([]);
      await createOn(sandbox, { stack: stackWith({ deployment }, { image: "bia:v3" }), only });
      takesBackAtOnce(sandbox);
      const again = await createOn(sandbox, { stack: stackWith({ deployment }, { image: "bia:v4" }), only });
      expect(again.tasks.find(({ id }) => id === only)?.error?.why).toContain(GIVEN_UP);
    });

    it("together with what stays changed is not tried a second time in the same run", async () => {
      const sandbox = await sandboxWithMachines();
      await createOn(sandbox, serving);
      takesBackAtOnce(sandbox);
      const more = { deployment, desiredCount: 1 };
      const failed = await createOn(sandbox, { stack: stackWith(more, { image: "bia:v2" }), only });
      expect(failed.tasks.find(({ id }) => id === only)?.error?.why).toContain(GIVEN_UP);
      expect(failed.byOperation["ecs:UpdateService"]).toBe(1);
    });
  });

  it("is waited for while the older revision still serves, and tells what the scheduler says meanwhile", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    await prepare(sandbox);
    await createOn(sandbox, { stack, only });
    const released = await createOn(sandbox, { stack: stackWith({}, { image: "bia:v2" }), only });
    expect(waitsOf(released).join()).toMatch(/of an older deployment/);
    const notes = released.events.flatMap((event) => ("text" in event && "task" in event ? [event.text] : []));
    expect(notes).toContainEqual(expect.stringMatching(/^has started \d tasks?: \(task /));
    expect(new Set(notes).size).toBe(notes.length);
    const { services } = sandbox.world.region("us-east-1").ecs;
    expect(services.all()[0]?.deployments).toMatchObject([
      { rolloutState: "COMPLETED", taskDefinition: expect.stringMatching(/:2$/) },
    ]);
  });
});

describe("trap 1: the rebalancing of zones", () => {
  it("beside at most 100 per cent of the tasks is refused with what to change", async () => {
    const sandbox = await sandboxWithMachines();
    const refused = await createOn(sandbox, { stack: stackWith({ availabilityZoneRebalancing: "ENABLED" }), only });
    expect(refused.tasks.find(({ id }) => id === only)?.error).toMatchObject({
      why: "InvalidParameterException: Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration",
      next: expect.stringContaining("DISABLED"),
    });
  });
});

describe("trap 8: a target group that no listener forwards to yet", () => {
  it("is waited for", async () => {
    const sandbox = await sandboxWithMachines();
    addInstances(sandbox);
    const message = "The target group with targetGroupArn x does not have an associated load balancer.";
    const effect = { error: { code: "InvalidParameterException", message } };
    sandbox.world.faults.set([{ operation: "ecs:CreateService", nth: [1, 2], effect }]);
    const created = await createOn(sandbox, { stack: balancedStackWith(), only });
    expect(created.failed).toBe(false);
    expect(waitsOf(created)[0]).toBe("waiting for AWS to see what was just made");
  });
});
