import {
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  ListServiceDeploymentsCommand,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { refusal } from "../clients.ts";
import { pushed } from "../ecr/registry.ts";
import {
  addMachines,
  CLUSTER,
  createCluster,
  createExecutionRole,
  createService,
  type Ecs,
  ecsOf,
  eventsOf,
  FAMILY,
  register,
  SERVICE,
  serviceOf,
  tasksOf,
} from "./fixtures.ts";

const HOST = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
const breaker = { enable: true, rollback: true };
const deploymentConfiguration = { minimumHealthyPercent: 50, maximumPercent: 100, deploymentCircuitBreaker: breaker };

const update = ({ ecs }: Ecs, input: object) =>
  ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, ...input }));

/** A cluster with a service of two tasks, of an image in the registry, that has come to rest. */
async function deployed(tag = "v1"): Promise<Ecs & { revise(tag: string): Promise<unknown> }> {
  const at = await ecsOf();
  const executionRoleArn = await createExecutionRole(at);
  await createCluster(at, 0);
  addMachines(at, 2);
  pushed(at.world, "one", ["v1"]);
  const revise = (to: string) =>
    register(at, {
      executionRoleArn,
      containerDefinitions: [{ name: "bia", image: `${HOST}/bia:${to}`, cpu: 256, memory: 128 }],
    });
  await revise(tag);
  await createService(at, { deploymentConfiguration });
  await at.world.clock.advance(1000);
  return { ...at, revise };
}

/** Newest first. */
async function deploymentsOf({ ecs }: Ecs) {
  const { serviceDeployments = [] } = await ecs.send(
    new ListServiceDeploymentsCommand({ cluster: CLUSTER, service: SERVICE }),
  );
  const serviceDeploymentArns = serviceDeployments.map(({ serviceDeploymentArn = "" }) => serviceDeploymentArn);
  const found = await ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns }));
  return found.serviceDeployments ?? [];
}

const stop = ({ ecs }: Ecs, serviceDeploymentArn: string | undefined) =>
  ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn }));

describe("a service deployment", () => {
  test("is made by a create and by each new revision, and leads from one service revision to another", async () => {
    const at = await deployed();
    const [first] = await deploymentsOf(at);
    expect(first).toMatchObject({
      status: "SUCCESSFUL",
      sourceServiceRevisions: [],
      targetServiceRevision: { requestedTaskCount: 2, runningTaskCount: 2, pendingTaskCount: 0 },
      deploymentCircuitBreaker: { status: "MONITORING_COMPLETE", failureCount: 0, threshold: 3 },
    });
    await update(at, { desiredCount: 3 });
    expect(await deploymentsOf(at)).toHaveLength(1);
    await update(at, { forceNewDeployment: true });
    expect(await deploymentsOf(at)).toMatchObject([{ status: "PENDING" }, { status: "SUCCESSFUL" }]);
    await at.world.clock.advance(1000);
    const [second] = await deploymentsOf(at);
    expect(second?.status).toBe("SUCCESSFUL");
    expect(second?.sourceServiceRevisions?.[0]?.arn).toBe(first?.targetServiceRevision?.arn);
    const serviceRevisionArns = [
      second?.targetServiceRevision?.arn ?? "",
      "arn:aws:ecs:us-east-1:0:service-revision/x",
    ];
    const revisions = await at.ecs.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns }));
    expect(revisions.serviceRevisions).toMatchObject([
      {
        taskDefinition: expect.stringMatching(`/${FAMILY}:1$`),
        containerImages: [
          { containerName: "bia", image: `${HOST}/bia:v1`, imageDigest: expect.stringMatching(/^sha256:/) },
        ],
      },
    ]);
    expect(revisions.failures).toMatchObject([{ reason: "MISSING" }]);
  });

  test("finds out once what a tag stands for: only a new one runs what was pushed since", async () => {
    const at = await deployed();
    const digests = async () => (await tasksOf(at)).map(({ containers }) => containers?.[0]?.imageDigest);
    const [before] = await digests();
    const other = pushed(at.world, "other", ["v1"]);
    await update(at, { desiredCount: 1 });
    await update(at, { desiredCount: 2 });
    await at.world.clock.advance(1000);
    expect(await digests()).toEqual([before, before]);
    await update(at, { forceNewDeployment: true });
    await at.world.clock.advance(10_000);
    expect(await digests()).toEqual([other, other]);
  });

  test("that may neither start nor stop a task says so", async () => {
    const at = await deployed();
    await update(at, { desiredCount: 1 });
    await at.world.clock.advance(1000);
    await update(at, { forceNewDeployment: true });
    await at.world.clock.advance(60_000);
    expect((await eventsOf(at)).at(-1)).toMatch(/^was unable to stop or start tasks during a deployment/);
    await update(at, { deploymentConfiguration: { maximumPercent: 200 } });
    await at.world.clock.advance(1000);
    expect((await deploymentsOf(at))[0]?.status).toBe("SUCCESSFUL");
  });

  test("that is superseded by another is stopped", async () => {
    const at = await deployed();
    await at.revise("missing");
    await update(at, { taskDefinition: FAMILY });
    await at.world.clock.advance(10);
    await update(at, { taskDefinition: `${FAMILY}:1` });
    await at.world.clock.advance(10_000);
    expect(await deploymentsOf(at)).toMatchObject([
      { status: "SUCCESSFUL" },
      { status: "STOPPED", statusReason: expect.stringContaining("superseded") },
      { status: "SUCCESSFUL" },
    ]);
  });
});

describe("the circuit breaker", () => {
  test("gives up a deployment after three failures, and the last one that was completed takes over again", async () => {
    const at = await deployed();
    const [good] = (await serviceOf(at))?.deployments ?? [];
    await at.revise("missing");
    await update(at, { taskDefinition: FAMILY });
    const bad = (await serviceOf(at))?.deployments?.[0]?.id;
    await at.world.clock.advance(60_000);
    expect(await serviceOf(at)).toMatchObject({
      taskDefinition: expect.stringMatching(`/${FAMILY}:1$`),
      runningCount: 2,
      deployments: [{ id: good?.id, status: "PRIMARY", rolloutState: "COMPLETED", failedTasks: 0 }],
    });
    const events = await eventsOf(at);
    expect(events).toContain(`(deployment ${bad}) deployment failed: tasks failed to start.`);
    expect(events.indexOf(`rolling back to deployment ${good?.id}.`)).toBe(
      events.indexOf(`(deployment ${bad}) deployment failed: tasks failed to start.`) + 1,
    );
    expect((await deploymentsOf(at))[0]).toMatchObject({
      status: "ROLLBACK_SUCCESSFUL",
      statusReason: "ECS deployment circuit breaker: tasks failed to start.",
      rollback: { serviceRevisionArn: expect.stringContaining(good?.id?.split("/")[1] ?? "") },
      deploymentCircuitBreaker: {
        status: "TRIGGERED",
        failureCount: expect.toSatisfy((count) => count >= 3),
        threshold: 3,
      },
    });
  });

  test("of a first deployment has nothing to go back to: it is FAILED, and no more tasks are started", async () => {
    const at = await deployed("missing");
    await at.world.clock.advance(60_000);
    const count = () => at.world.region("us-east-1").ecs.tasks.all().length;
    const tried = count();
    await at.world.clock.advance(600_000);
    expect(count()).toBe(tried);
    expect((await serviceOf(at))?.deployments).toMatchObject([
      {
        status: "PRIMARY",
        rolloutState: "FAILED",
        rolloutStateReason: "ECS deployment circuit breaker: tasks failed to start.",
        runningCount: 0,
      },
    ]);
    expect(await deploymentsOf(at)).toMatchObject([{ status: "STOPPED" }]);
  });

  test("opens after as many failures as it is told", async () => {
    const at = await deployed();
    const thresholdConfiguration = { type: "COUNT", value: 5 } as const;
    const deploymentCircuitBreaker = { ...breaker, rollback: false, thresholdConfiguration };
    await at.revise("missing");
    await update(at, { taskDefinition: FAMILY, deploymentConfiguration: { deploymentCircuitBreaker } });
    await at.world.clock.advance(120_000);
    expect((await serviceOf(at))?.deployments).toMatchObject([
      { status: "PRIMARY", rolloutState: "FAILED", runningCount: 0 },
      { status: "ACTIVE", rolloutState: "COMPLETED", runningCount: 1 },
    ]);
    // Those that were tried at the same time as the fifth are counted, too.
    expect([5, 6]).toContain((await serviceOf(at))?.deployments?.[0]?.failedTasks);
  });
});

describe("a deployment that a person stops", () => {
  test("is rolled back, although its circuit breaker would not do that, and cannot be stopped once that is over", async () => {
    const at = await deployed();
    await at.revise("missing");
    const off = { deploymentCircuitBreaker: { enable: false, rollback: false } };
    await update(at, { taskDefinition: FAMILY, deploymentConfiguration: off });
    await at.world.clock.advance(10);
    const [present] = await deploymentsOf(at);
    expect(present?.status).toBe("IN_PROGRESS");
    await stop(at, present?.serviceDeploymentArn);
    // Once more is no error: it goes on.
    await stop(at, present?.serviceDeploymentArn);
    await at.world.clock.advance(60_000);
    expect((await deploymentsOf(at))[0]?.status).toBe("ROLLBACK_SUCCESSFUL");
    expect(await refusal(stop(at, present?.serviceDeploymentArn))).toMatch(/^ConflictException: /);
    expect(await serviceOf(at)).toMatchObject({
      taskDefinition: expect.stringMatching(`/${FAMILY}:1$`),
      runningCount: 2,
    });
  });

  test("is over when another one begins before it was rolled back", async () => {
    const at = await deployed();
    await at.revise("missing");
    await update(at, { taskDefinition: FAMILY });
    await at.world.clock.advance(10);
    await stop(at, (await deploymentsOf(at))[0]?.serviceDeploymentArn);
    await update(at, { taskDefinition: `${FAMILY}:1` });
    await at.world.clock.advance(60_000);
    expect((await deploymentsOf(at)).map(({ status }) => status)).toEqual(["SUCCESSFUL", "STOPPED", "SUCCESSFUL"]);
  });

  test("is unknown to ECS if there is none", async () => {
    const at = await deployed();
    const arn = "arn:aws:ecs:us-east-1:000000000000:service-deployment/a/b/c";
    expect(await refusal(stop(at, arn))).toMatch(/^ServiceDeploymentNotFoundException: /);
  });
});
