import { cp } from "node:fs/promises";
import { RunTaskCommand, StopTaskCommand, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../support/folder.ts";
import { clientConfig } from "../../../support/sandbox.ts";
import {
  CLUSTER,
  createService,
  createTargetGroup,
  ecsOf,
  eventsOf,
  FAMILY,
  SERVICE,
  serviceOf,
  tasksOf,
} from "./fixtures.ts";
import {
  ask,
  containersOf,
  HOST,
  letIn,
  onMachine,
  pushImage,
  type Running,
  registerServer,
  runningCluster,
  until,
} from "./running.ts";

/** A service of one task, which may be replaced in place. */
const oneTask = {
  desiredCount: 1,
  deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 },
};

const isRunning = async (at: Running) => (await serviceOf(at))?.runningCount === 1;

/** The first task that has stopped. */
const stopped = (at: Running) =>
  until(at, async () => (await tasksOf(at, "STOPPED")).find(({ lastStatus }) => lastStatus === "STOPPED"));

describe("the container of a task", () => {
  test("runs on its machine under the agent's name, with its environment and secrets, and answers", async () => {
    const at = await runningCluster();
    const Action = ["ssm:GetParameters", "secretsmanager:GetSecretValue"];
    const Statement = { Effect: "Allow", Action, Resource: ["*"] };
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    const RoleName = "ecsTaskExecutionRole";
    await at.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "secrets", PolicyDocument }));
    await at.ssm.send(new PutParameterCommand({ Name: "/bia/password", Type: "SecureString", Value: "s3cret" }));
    const secretsManager = new SecretsManagerClient(clientConfig(at.sandbox));
    onTestFinished(() => secretsManager.destroy());
    await secretsManager.send(new CreateSecretCommand({ Name: "bia/db", SecretString: '{"username":"root"}' }));
    await registerServer(at, {
      environment: [{ name: "DB_HOST", value: "db" }],
      secrets: [
        { name: "DB_PWD", valueFrom: "arn:aws:ssm:us-east-1:000000000000:parameter/bia/password" },
        { name: "DB_USER", valueFrom: "arn:aws:secretsmanager:us-east-1:000000000000:secret:bia/db:username::" },
      ],
      dockerLabels: { app: "bia" },
    });
    await createService(at, oneTask);
    await until(at, () => isRunning(at));
    const environment = JSON.parse((await until(at, () => ask(at, "/env"))) ?? "");
    expect(environment).toMatchObject({
      DB_HOST: "db",
      DB_PWD: "s3cret",
      DB_USER: "root",
      AWS_EXECUTION_ENV: "AWS_ECS_EC2",
    });
    const [task] = await tasksOf(at);
    expect(task).toMatchObject({
      lastStatus: "RUNNING",
      containers: [
        { runtimeId: expect.stringMatching(/^[0-9a-f]{64}$/), imageDigest: expect.stringMatching(/^sha256:/) },
      ],
    });
    const [name, image, ports] = (await onMachine(at, "docker ps --format '{{.Names}} {{.Image}} {{.Ports}}'")).split(
      " ",
    );
    expect(name).toMatch(new RegExp(`^ecs-${FAMILY}-1-bia-[0-9a-f]{20}$`));
    expect(image).toBe(`${HOST}/bia:latest`);
    expect(ports).toMatch(/^0\.0\.0\.0:32768->8080/);
    const labels = JSON.parse(await onMachine(at, `docker inspect --format '{{json .Config.Labels}}' ${name}`));
    expect(labels).toMatchObject({
      app: "bia",
      "com.amazonaws.ecs.cluster": CLUSTER,
      "com.amazonaws.ecs.container-name": "bia",
      "com.amazonaws.ecs.task-arn": task?.taskArn,
      "com.amazonaws.ecs.task-definition-family": FAMILY,
      "com.amazonaws.ecs.task-definition-version": "1",
    });
  });

  test("takes its task with it when it crashes, and another one takes its place", async () => {
    const at = await runningCluster();
    await registerServer(at);
    await createService(at, oneTask);
    await until(at, () => ask(at, "/crash"));
    const task = await stopped(at);
    expect(task).toMatchObject({
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      containers: [{ lastStatus: "STOPPED", exitCode: 3 }],
    });
    await until(at, () => isRunning(at));
    expect(await until(at, () => ask(at))).toBe("one");
    const [now] = await tasksOf(at);
    expect(now?.taskArn).not.toBe(task.taskArn);
  });

  test("is killed when it holds more memory than its definition allows", async () => {
    const at = await runningCluster();
    await registerServer(at, { memory: 128 });
    await createService(at, oneTask);
    await until(at, () => ask(at, "/grow"));
    expect(await stopped(at)).toMatchObject({
      stopCode: "EssentialContainerExited",
      containers: [{ exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" }],
    });
  });

  test("ends with its task: told to stop, it says goodbye with its own exit code, and nothing of it is left but the last", async () => {
    const at = await runningCluster();
    await registerServer(at);
    await createService(at, oneTask);
    await until(at, () => ask(at));
    const [task] = await tasksOf(at);
    await at.ecs.send(new StopTaskCommand({ cluster: CLUSTER, task: task?.taskArn, reason: "try it" }));
    expect(await stopped(at)).toMatchObject({
      taskArn: task?.taskArn,
      stopCode: "UserInitiated",
      stoppedReason: "try it",
      containers: [{ exitCode: 0 }],
    });
    await until(at, () => isRunning(at));
    expect((await containersOf(at)).map(({ status }) => status)).toEqual(["running", "exited"]);
  });
});

describe("the output of a container", () => {
  const logConfiguration = {
    logDriver: "awslogs",
    options: { "awslogs-group": "/ecs/bia", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ecs" },
  } as const;

  async function linesOf(at: Running): Promise<string[]> {
    const group = at.world.region("us-east-1").logs.groups.get("/ecs/bia");
    const streams = new Set(
      at.world
        .region("us-east-1")
        .logs.streams.all()
        .map(({ hidden }) => hidden.id),
    );
    const lines: string[] = [];
    if (!group) return lines;
    for await (const { message } of at.world.logs.read(group, { streams, from: 0, to: 1e15 })) lines.push(message);
    return lines;
  }

  test("is in the log group that its definition names, in a stream of the task's", async () => {
    const at = await runningCluster();
    at.world.logs.createGroup("us-east-1", "/ecs/bia");
    await registerServer(at, { logConfiguration });
    await createService(at, oneTask);
    await until(at, () => isRunning(at));
    expect(await until(at, async () => (await linesOf(at)).length > 0 && linesOf(at))).toEqual(["up as one"]);
    const [task] = await tasksOf(at);
    expect(at.world.region("us-east-1").logs.streams.all()).toMatchObject([
      { logStreamName: `ecs/bia/${task?.taskArn?.split("/").at(-1)}` },
    ]);
  });

  test("goes on where it was after the sandbox has started again, as the task does", async () => {
    const first = await runningCluster();
    first.world.logs.createGroup("us-east-1", "/ecs/bia");
    await registerServer(first, { logConfiguration });
    await createService(first, oneTask);
    await until(first, async () => (await linesOf(first)).length > 0);
    const pid = await until(first, () => ask(first, "/pid"));
    const [before] = await tasksOf(first);
    await first.sandbox.close();
    const again = { ...first, ...(await ecsOf({ traffic: true, folder: first.folder })) };
    expect(await until(again, () => ask(again, "/pid"))).not.toBe(pid);
    expect(await tasksOf(again)).toMatchObject([{ taskArn: before?.taskArn, lastStatus: "RUNNING" }]);
    expect(await until(again, async () => (await linesOf(again)).length > 1 && linesOf(again))).toEqual([
      "up as one",
      "up as one",
    ]);
    await until(again, () => ask(again, "/crash"));
    expect(await stopped(again)).toMatchObject({ taskArn: before?.taskArn, containers: [{ exitCode: 3 }] });
    await until(again, () => isRunning(again));
  });

  test("and its task go on after the sandbox was killed, too", async () => {
    const first = await runningCluster();
    first.world.logs.createGroup("us-east-1", "/ecs/bia");
    await registerServer(first, { logConfiguration });
    await createService(first, oneTask);
    await until(first, () => ask(first));
    const [before] = await tasksOf(first);
    await first.world.flush();
    // What is on the disk at this moment is what one that was killed leaves.
    const folder = await temporaryFolder("bia-killed-");
    await cp(first.folder, folder, { recursive: true });
    const again = { ...first, ...(await ecsOf({ traffic: true, folder })) };
    expect(await until(again, () => ask(again))).toBe("one");
    expect(await tasksOf(again)).toMatchObject([{ taskArn: before?.taskArn, lastStatus: "RUNNING" }]);
    expect(await until(again, async () => (await linesOf(again)).length > 1)).toBe(true);
  });

  test("is why a container does not start while its log group is not there", async () => {
    const at = await runningCluster();
    await registerServer(at, { logConfiguration });
    await createService(at, oneTask);
    expect(await stopped(at)).toMatchObject({
      stopCode: "TaskFailedToStart",
      containers: [
        {
          reason:
            "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.",
        },
      ],
    });
  });
});

describe("a service", () => {
  const update = (at: Running, input: object) =>
    at.ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, ...input }));

  test("runs what was pushed under the same tag only after a forced deployment, without a task too few", async () => {
    const at = await runningCluster(2);
    await registerServer(at);
    await createService(at, { desiredCount: 2 });
    await until(at, async () => (await serviceOf(at))?.deployments?.[0]?.rolloutState === "COMPLETED");
    await pushImage(at.world, at.folder, "latest", "two");
    await until(at, () => ask(at, "/crash"));
    await stopped(at);
    await until(at, async () => (await serviceOf(at))?.runningCount === 2);
    expect(await until(at, () => ask(at))).toBe("one");
    await update(at, { forceNewDeployment: true });
    const counts = new Set<number>();
    await until(at, async () => {
      const { runningCount = 0, deployments = [] } = (await serviceOf(at)) ?? {};
      counts.add(runningCount);
      return deployments.length === 1 && deployments[0]?.rolloutState === "COMPLETED";
    });
    expect(await until(at, () => ask(at))).toBe("two");
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  test("whose tasks end at once is given up by its circuit breaker", async () => {
    const at = await runningCluster(1, undefined, "short");
    await registerServer(at, { environment: [{ name: "EXIT", value: "7" }] });
    const deploymentCircuitBreaker = { enable: true, rollback: true };
    const { deploymentConfiguration } = oneTask;
    await createService(at, {
      ...oneTask,
      deploymentConfiguration: { ...deploymentConfiguration, deploymentCircuitBreaker },
    });
    // No faster than the real time that its processes need to end.
    await until(at, async () => (await serviceOf(at))?.deployments?.[0]?.rolloutState === "FAILED", 5);
    expect((await serviceOf(at))?.deployments).toMatchObject([{ failedTasks: 3 }]);
    expect((await tasksOf(at, "STOPPED"))[0]).toMatchObject({ containers: [{ exitCode: 7 }] });
  });

  test("replaces a task whose container fails its own check", async () => {
    const at = await runningCluster();
    const command = ["CMD", "node", "-e", "fetch('http://127.0.0.1:8080').then((r) => process.exit(r.ok ? 0 : 1))"];
    await registerServer(at, { healthCheck: { command, interval: 1, retries: 1 } });
    await createService(at, oneTask);
    await until(at, async () => (await tasksOf(at))[0]?.healthStatus === "HEALTHY");
    await until(at, async () => (await serviceOf(at))?.deployments?.[0]?.rolloutState === "COMPLETED");
    const [sick] = await tasksOf(at);
    await ask(at, "/sick");
    expect(await stopped(at)).toMatchObject({
      taskArn: sick?.taskArn,
      stopCode: "ServiceSchedulerInitiated",
      stoppedReason: "Task failed container health checks",
    });
    expect(await eventsOf(at)).toContain("(task ID) failed container health checks.");
    await until(at, async () => (await tasksOf(at))[0]?.healthStatus === "HEALTHY");
  });

  test("replaces a task that fails the load balancer's checks, once its grace period is over", async () => {
    const at = await runningCluster();
    const targetGroupArn = await createTargetGroup(at);
    await letIn(at, 32768);
    await registerServer(at);
    await createService(at, {
      ...oneTask,
      healthCheckGracePeriodSeconds: 120,
      loadBalancers: [{ targetGroupArn, containerName: "bia", containerPort: 8080 }],
    });
    await until(at, async () => (await serviceOf(at))?.deployments?.[0]?.rolloutState === "COMPLETED");
    const [sick] = await tasksOf(at);
    await ask(at, "/sick");
    const task = await stopped(at);
    expect(task).toMatchObject({
      taskArn: sick?.taskArn,
      stopCode: "ServiceSchedulerInitiated",
      stoppedReason: `Task failed ELB health checks in (target-group ${targetGroupArn})`,
    });
    expect((task.stoppingAt?.getTime() ?? 0) - (task.startedAt?.getTime() ?? 0)).toBeGreaterThanOrEqual(120_000);
    expect(await eventsOf(at)).toContainEqual(
      expect.stringMatching(
        /^\(instance i-\w+\) \(port 32768\) is unhealthy in \(target-group .*\) due to \(reason Health checks failed with these codes: \[500\]\)$/,
      ),
    );
  });
});

test("a task of no service ends with its container, whose exit code it tells", async () => {
  const at = await runningCluster();
  await registerServer(at);
  const environment = [{ name: "EXIT", value: "7" }];
  const overrides = { containerOverrides: [{ name: "bia", environment }] };
  const { tasks = [] } = await at.ecs.send(
    new RunTaskCommand({ cluster: CLUSTER, taskDefinition: FAMILY, startedBy: "me", overrides }),
  );
  expect(tasks).toMatchObject([{ lastStatus: "PROVISIONING", group: `family:${FAMILY}`, startedBy: "me" }]);
  expect(await stopped(at)).toMatchObject({
    taskArn: tasks[0]?.taskArn,
    stopCode: "EssentialContainerExited",
    containers: [{ exitCode: 7 }],
  });
});

describe("a container is not started", () => {
  async function failure(at: Running, container: Parameters<typeof registerServer>[1]) {
    await registerServer(at, container);
    await createService(at, oneTask);
    const { stopCode, stoppedReason, containers = [] } = await stopped(at);
    expect(stopCode).toBe("TaskFailedToStart");
    return [stoppedReason, containers[0]?.reason];
  }

  test("while its image is not in the registry", async () => {
    const at = await runningCluster();
    expect(await failure(at, { image: `${HOST}/bia:other` })).toEqual([
      "Task failed to start",
      "CannotPullImageManifestError: Error response from daemon: manifest unknown: Requested image not found",
    ]);
  });

  test("of an image that the sandbox cannot run", async () => {
    const at = await runningCluster();
    const [, reason] = await failure(at, { image: "public.ecr.aws/docker/library/httpd:2.4" });
    expect(reason).toMatch(/^CannotPullContainerError: Error response from daemon: .*httpd/);
  });

  test("while a secret is not there", async () => {
    const at = await runningCluster();
    const Statement = { Effect: "Allow", Action: ["ssm:GetParameters"], Resource: ["*"] };
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    const RoleName = "ecsTaskExecutionRole";
    await at.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "secrets", PolicyDocument }));
    expect(await failure(at, { secrets: [{ name: "DB_PWD", valueFrom: "/bia/password" }] })).toEqual([
      "Fetching secret data from SSM Parameter Store in us-east-1: invalid parameters: /bia/password",
      undefined,
    ]);
  });

  test("while something else on the machine has its port", async () => {
    const at = await runningCluster();
    await onMachine(at, "docker run -d -p 80:80 node:24 node -e 'setInterval(() => {}, 1000)'");
    const [, reason] = await failure(at, { portMappings: [{ containerPort: 8080, hostPort: 80 }] });
    expect(reason).toMatch(
      /^CannotStartContainerError: Error response from daemon: driver failed programming external connectivity on endpoint ecs-.* failed: port is already allocated$/,
    );
    expect((await eventsOf(at)).length).toBeGreaterThan(0);
  });

  test("whose command is not there", async () => {
    const at = await runningCluster();
    const [, reason] = await failure(at, { entryPoint: ["nothing-like-it"] });
    expect(reason).toMatch(/^CannotStartContainerError: Error response from daemon: .*nothing-like-it/);
  });
});
