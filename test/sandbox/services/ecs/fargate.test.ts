import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DeleteSubnetCommand, DescribeNetworkInterfacesCommand } from "@aws-sdk/client-ec2";
import {
  DeleteServiceCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  RunTaskCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../../../support/folder.ts";
import { clientConfig } from "../../../support/sandbox.ts";
import { CLUSTER, ecsOf, eventsOf, SERVICE, serviceOf, settle, tasksOf } from "./fixtures.ts";
import { behindBalancer, createUi, type Fargate, fargate, network, page, registerUi, UI } from "./on-fargate.ts";
import { until } from "./running.ts";

async function interfaces({ ec2, group }: Fargate) {
  const Filters = [
    { Name: "group-id", Values: [group] },
    { Name: "requester-managed", Values: ["true"] },
  ];
  const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
  return NetworkInterfaces.filter(({ Description }) => Description?.includes(":attachment/"));
}

describe("a task on Fargate", () => {
  it("has an interface of its own in one of the subnets, with all that AWS tells of it, until it has stopped", async () => {
    const at = await fargate();
    await registerUi(at);
    await createUi(at);
    await settle(at);
    const tasks = await tasksOf(at);
    expect(tasks).toHaveLength(2);
    const own = await interfaces(at);
    expect(new Set(own.map(({ SubnetId }) => SubnetId))).toEqual(new Set(at.subnets));
    const [task] = tasks;
    const one = own.find(({ PrivateIpAddress }) =>
      task?.containers?.[0]?.networkInterfaces?.some(
        ({ privateIpv4Address }) => privateIpv4Address === PrivateIpAddress,
      ),
    );
    expect(task).toMatchObject({
      lastStatus: "RUNNING",
      launchType: "FARGATE",
      platformVersion: "1.4.0",
      connectivity: "CONNECTED",
      group: `service:${SERVICE}`,
      cpu: "1024",
      memory: "2048",
      overrides: { containerOverrides: [{ name: "application" }], inferenceAcceleratorOverrides: [] },
      attachments: [
        {
          type: "ElasticNetworkInterface",
          status: "ATTACHED",
          details: [
            { name: "subnetId", value: one?.SubnetId },
            { name: "networkInterfaceId", value: one?.NetworkInterfaceId },
            { name: "macAddress", value: one?.MacAddress },
            { name: "privateDnsName", value: one?.PrivateDnsName },
            { name: "privateIPv4Address", value: one?.PrivateIpAddress },
          ],
        },
      ],
    });
    expect(task).not.toHaveProperty("containerInstanceArn");
    await expect(at.ec2.send(new DeleteSubnetCommand({ SubnetId: at.subnets[0] }))).rejects.toThrow(/dependencies/);
    await at.ecs.send(new DeleteServiceCommand({ cluster: CLUSTER, service: SERVICE, force: true }));
    await settle(at);
    expect(await interfaces(at)).toEqual([]);
  });

  it("is no target before it has an address, and one by that address then", async () => {
    const at = await fargate();
    await registerUi(at);
    const targetGroupArn = await behindBalancer(at);
    await createUi(at, { loadBalancers: [{ targetGroupArn, containerName: "application", containerPort: 8080 }] });
    await settle(at, 30);
    const { TargetHealthDescriptions = [] } = await at.elbv2.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }),
    );
    const addresses = (await interfaces(at)).map(({ PrivateIpAddress }) => PrivateIpAddress);
    expect(TargetHealthDescriptions.map(({ Target }) => Target?.Id).sort()).toEqual(addresses.sort());
    expect(TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth?.State)).toEqual(["healthy", "healthy"]);
    expect(await eventsOf(at)).toContain("has reached a steady state.");
  });

  it("that does not reach the registry ends with what Fargate says, again and again (trap 4)", async () => {
    const at = await fargate();
    await registerUi(at);
    const awsvpcConfiguration = { subnets: [...at.subnets], securityGroups: [at.group] };
    await createUi(at, { desiredCount: 1, networkConfiguration: { awsvpcConfiguration } });
    await settle(at, 60);
    const { taskArns = [] } = await at.ecs.send(new ListTasksCommand({ cluster: CLUSTER, desiredStatus: "STOPPED" }));
    const { tasks = [] } = await at.ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns }));
    expect(tasks.length).toBeGreaterThan(0);
    expect(tasks[0]).toMatchObject({
      stopCode: "TaskFailedToStart",
      containers: [
        { reason: expect.stringMatching(/^CannotPullContainerError: .* retried 5 time\(s\).*i\/o timeout$/) },
      ],
    });
  });

  it("whose log group is not there ends with that as its own reason (trap 4)", async () => {
    const at = await fargate({ traffic: true });
    const options = { "awslogs-group": "nowhere", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ui" };
    const logConfiguration = { logDriver: "awslogs" as const, options };
    await registerUi(at, { containerDefinitions: [{ name: "application", image: UI, logConfiguration }] });
    await createUi(at, { desiredCount: 1 });
    const [task] = await until(at, async () => {
      const stopped = await tasksOf(at, "STOPPED");
      return stopped.length > 0 && stopped;
    });
    const gone =
      /^ResourceInitializationError: failed to validate logger args: .*The specified log group does not exist/;
    expect(task?.stoppedReason).toMatch(gone);
  });

  it("beyond the account's quota of vCPUs does not start, and the service says why (trap 13)", async () => {
    const at = await fargate({ quotas: { fargateVcpus: 1 } });
    await registerUi(at);
    await createUi(at);
    await settle(at);
    expect(await tasksOf(at)).toHaveLength(1);
    expect((await eventsOf(at)).join()).toContain("You've reached the limit on the number of vCPUs");
  });

  it("really runs, is checked, serves behind its load balancer, and shows what its definition says", async () => {
    const at = await fargate({ traffic: true });
    await registerUi(at);
    const targetGroupArn = await behindBalancer(at);
    await createUi(at, { loadBalancers: [{ targetGroupArn, containerName: "application", containerPort: 8080 }] });
    await until(
      at,
      async () => (await tasksOf(at)).filter(({ healthStatus }) => healthStatus === "HEALTHY").length === 2,
    );
    await until(at, async () => (await page(at)).includes("Retail Store Sample"));
    const banner = "We've updated the UI service!";
    await registerUi(at, {
      containerDefinitions: [
        {
          name: "application",
          image: UI,
          portMappings: [{ containerPort: 8080 }],
          environment: [{ name: "RETAIL_UI_BANNER", value: banner }],
        },
      ],
    });
    await at.ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: SERVICE, taskDefinition: "ui" }));
    await until(at, async () => (await page(at)).includes("We've updated the UI service!"));
    await until(at, async () => (await serviceOf(at))?.deployments?.length === 1);
    expect(await tasksOf(at)).toHaveLength(2);
  });

  it("tells its containers about themselves at the metadata endpoint, version 4", async () => {
    const at = await fargate({ traffic: true });
    const logs = new CloudWatchLogsClient(clientConfig(at.sandbox));
    onTestFinished(() => logs.destroy());
    await logs.send(new CreateLogGroupCommand({ logGroupName: "ui" }));
    const options = { "awslogs-group": "ui", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "ui" };
    const logConfiguration = { logDriver: "awslogs" as const, options };
    const script = `const uri = process.env.ECS_CONTAINER_METADATA_URI_V4;
      const ask = async (url) => [(await fetch(url)).status, await (await fetch(url)).json()];
      Promise.all([uri, uri + "/task", uri + "/associations", uri.replace(/.$/, "x")].map(ask)).then((all) => console.log(JSON.stringify([...all, process.env.HOSTNAME])));`;
    const container = {
      name: "application",
      image: UI,
      cpu: 256,
      entryPoint: ["node", "-e", script],
      logConfiguration,
    };
    await registerUi(at, { containerDefinitions: [container] });
    const input = { cluster: CLUSTER, taskDefinition: "ui", launchType: "FARGATE" as const };
    const { tasks } = await at.ecs.send(new RunTaskCommand({ ...input, networkConfiguration: network(at) }));
    const said = await until(at, async () => {
      const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: "ui" }));
      return events?.[0]?.message;
    });
    const [[, own], [, task], [other], [unknown], host] = JSON.parse(said);
    const taskArn = tasks?.[0]?.taskArn ?? "";
    const [address] = own.Networks[0].IPv4Addresses;
    expect(own).toMatchObject({
      DockerId: expect.stringMatching(`^${taskArn.split("/").at(-1)}-\\d+$`),
      Name: "application",
      Image: UI,
      Labels: { "com.amazonaws.ecs.task-arn": taskArn, "com.amazonaws.ecs.task-definition-family": "ui" },
      Limits: { CPU: 256 },
      LogDriver: "awslogs",
      Networks: [{ NetworkMode: "awsvpc", IPv4SubnetCIDRBlock: expect.stringMatching(/^172\.31\.\d+\.0\/20$/) }],
    });
    const known = await at.ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: [taskArn] }));
    expect(known.tasks?.[0]?.containers).toMatchObject([
      {
        runtimeId: own.DockerId,
        imageDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
        containerArn: expect.stringMatching(/\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      },
    ]);
    const details = known.tasks?.[0]?.attachments?.[0]?.details ?? [];
    expect(details.find(({ name }) => name === "privateIPv4Address")?.value).toBe(address);
    expect(host).toBe(details.find(({ name }) => name === "privateDnsName")?.value);
    expect(host).toMatch(/^ip-172-31-/);
    expect(task).toMatchObject({
      TaskARN: taskArn,
      Family: "ui",
      Revision: "1",
      LaunchType: "FARGATE",
      Limits: { CPU: 1, Memory: 2048 },
      AvailabilityZone: expect.stringMatching(/^us-east-1[ab]$/),
      Containers: [{ Name: "application" }],
    });
    expect([other, unknown]).toEqual([501, 404]);
  });
});

it("a task on Fargate goes on where it was after the sandbox has started again, and leaves nothing when it ends", async () => {
  const folder = await temporaryFolder("bia-fargate-");
  const first = await fargate({ traffic: true, folder });
  await registerUi(first);
  const targetGroupArn = await behindBalancer(first);
  const loadBalancers = [{ targetGroupArn, containerName: "application", containerPort: 8080 }];
  await createUi(first, { desiredCount: 1, loadBalancers });
  await until(first, async () => (await page(first)).includes("Retail Store Sample"));
  const [before] = await tasksOf(first);
  await first.sandbox.close();
  const again = await ecsOf({ traffic: true, folder });
  await until(again, async () => (await page(again)).includes("Retail Store Sample"));
  expect(await tasksOf(again)).toMatchObject([{ taskArn: before?.taskArn, lastStatus: "RUNNING" }]);
  await again.ecs.send(new DeleteServiceCommand({ cluster: CLUSTER, service: SERVICE, force: true }));
  await until(again, async () => (await readdir(join(folder, "machines"))).length === 0);
});

describe("what is refused of Fargate", () => {
  it("is a definition that is not for it, a network that is none, and a log without a role", async () => {
    const at = await fargate();
    await registerUi(at, { requiresCompatibilities: ["EC2"], cpu: undefined });
    await expect(createUi(at)).rejects.toThrow("Task definition does not support launch_type FARGATE.");
    await registerUi(at);
    await expect(createUi(at, { networkConfiguration: undefined })).rejects.toThrow(
      /must be provided when networkMode/,
    );
    const awsvpcConfiguration = { subnets: ["subnet-00000000000000000"] };
    await expect(createUi(at, { networkConfiguration: { awsvpcConfiguration } })).rejects.toThrow(
      /Error retrieving subnet information/,
    );
    const logs = { logDriver: "awslogs" as const, options: { "awslogs-group": "ui" } };
    const container = { name: "application", image: UI, logConfiguration: logs };
    await expect(registerUi(at, { executionRoleArn: undefined, containerDefinitions: [container] })).rejects.toThrow(
      /execution role ARN to support log driver awslogs/,
    );
  });

  it("is nothing that RunTask starts in the same way", async () => {
    const at = await fargate();
    await registerUi(at);
    const run = { cluster: CLUSTER, taskDefinition: "ui", launchType: "FARGATE" as const };
    await at.ecs.send(new RunTaskCommand({ ...run, networkConfiguration: network(at) }));
    await settle(at);
    expect((await tasksOf(at)).map(({ lastStatus }) => lastStatus)).toEqual(["RUNNING"]);
  });
});
