import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { RevokeSecurityGroupIngressCommand } from "@aws-sdk/client-ec2";
import { UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { expect, it, onTestFinished } from "vitest";
import { clientConfig } from "../../support/sandbox.ts";
import { as, type Connecting, connecting, create, register } from "../services/ecs/connecting.ts";
import { CLUSTER, tasksOf } from "../services/ecs/fixtures.ts";
import { UI } from "../services/ecs/on-fargate.ts";
import { until } from "../services/ecs/running.ts";

const LOGS = "tasks";

interface At extends Connecting {
  readonly logs: CloudWatchLogsClient;
}

/** A namespace, and a client that says of `http://catalog` what it hears, whenever its deployment begins anew. */
async function withClient(asks = "curl -s http://catalog/catalogue/tags"): Promise<At> {
  const at = await connecting({ traffic: true });
  const logs = new CloudWatchLogsClient(clientConfig(at.sandbox));
  onTestFinished(() => logs.destroy());
  await logs.send(new CreateLogGroupCommand({ logGroupName: LOGS }));
  const script = `cat /etc/hosts; ${asks}; echo " exit $?"; exec node /app/server.cjs`;
  await register(at, "client", { image: UI, command: ["sh", "-c", script], logGroup: LOGS });
  await register(at, "catalog");
  return { ...at, logs };
}

/** All that the client has printed until it has asked so many times. */
async function said({ logs, ...at }: At, times: number): Promise<string> {
  return until(at, async () => {
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: LOGS }));
    const text = events.map(({ message }) => message).join("\n");
    return text.split(" exit ").length > times && text;
  });
}

const again = (at: At) =>
  at.ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: "client", forceNewDeployment: true }));

const running = (at: At, service: string, count: number) =>
  until(at, async () => {
    const tasks = (await tasksOf(at)).filter(({ group }) => group === `service:${service}`);
    return tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length === count;
  });

it("a client deployed before its server does not resolve it until a forced deployment (trap 1)", async () => {
  const at = await withClient();
  await create(at, "client", { serviceConnectConfiguration: as() });
  expect(await said(at, 1)).not.toContain("catalog");
  await create(at, "catalog", { serviceConnectConfiguration: as("catalog") });
  await running(at, "catalog", 1);
  await again(at);
  const text = await said(at, 2);
  expect(text).toContain("127.255.0.1 catalog");
  expect(text).toContain("2600:f0f0:0:0:0:0:0:1 catalog");
  expect(JSON.parse(/\[\{.*\}\]/.exec(text)?.[0] ?? "[]")).toMatchObject(
    ["smart", "dress", "luxury", "casual"].map((name) => ({ name })),
  );
});

it("who calls a service that has no task is answered 503 by the proxy, and so is who is not let in at the container's port (trap 3)", async () => {
  const at = await withClient("curl -s -w ' %{http_code}' http://catalog/catalogue/tags");
  await create(at, "catalog", { desiredCount: 0, serviceConnectConfiguration: as("catalog") });
  await create(at, "client", { serviceConnectConfiguration: as() });
  expect(await said(at, 1)).toContain("no healthy upstream 503");
  const range = { IpProtocol: "tcp", FromPort: 8080, ToPort: 8080, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
  await at.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: at.group, IpPermissions: [range] }));
  await at.ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: "catalog", desiredCount: 1 }));
  await running(at, "catalog", 1);
  await again(at);
  expect(await said(at, 2)).toContain("reset reason: connection timeout 503");
});

it("programs speak gRPC with each other through the proxy, with the status that follows an answer", async () => {
  const serving = `require("node:http2").createServer().on("stream", (stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.pipe(stream);
  }).listen(8080)`;
  const asking = `const session = require("node:http2").connect("http://carts");
  const stream = session.request({ ":method": "POST", ":path": "/shop.Carts/Get", "content-type": "application/grpc" });
  stream.on("response", (told) => console.log("by", told.server)).on("trailers", (told) => console.log("status", told["grpc-status"]));
  stream.on("data", (chunk) => console.log("got", String(chunk))).on("close", () => session.close()).end("carts")`;
  const at = await withClient(`node -e '${asking.replaceAll("\n", " ")}'`);
  const command = ["node", "-e", serving];
  await register(at, "carts", { image: UI, command, appProtocol: "grpc" });
  await create(at, "carts", { serviceConnectConfiguration: as("carts") });
  await running(at, "carts", 1);
  await create(at, "client", { serviceConnectConfiguration: as() });
  const text = await said(at, 1);
  for (const line of ["by envoy", "got carts", "status 0"]) expect(text).toContain(line);
});

it("requests are measured for who asks and for who is asked, and a service that asks nobody has nothing of the former", async () => {
  const ask = "curl -s -o /dev/null http://catalog/catalogue";
  const at = await withClient(`${ask}; ${ask}; ${ask}; ${ask}`);
  await create(at, "catalog", { desiredCount: 2, serviceConnectConfiguration: as("catalog") });
  await running(at, "catalog", 2);
  await create(at, "client", { serviceConnectConfiguration: as() });
  await said(at, 1);
  const cloudwatch = new CloudWatchClient(clientConfig(at.sandbox));
  onTestFinished(() => cloudwatch.destroy());
  const sumOf = async (MetricName: string, dimensions: Record<string, string>) => {
    const { Datapoints = [] } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: "AWS/ECS",
        MetricName,
        Dimensions: Object.entries({ ClusterName: CLUSTER, ...dimensions }).map(([Name, Value]) => ({ Name, Value })),
        StartTime: new Date(at.world.now().getTime() - 600_000),
        EndTime: new Date(at.world.now().getTime() + 60_000),
        Period: 60,
        Statistics: ["Sum"],
      }),
    );
    return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  };
  const outgoing = { ServiceName: "client", TargetDiscoveryName: "catalog" };
  await until(at, async () => (await sumOf("HTTPCode_Target_2XX_Count", outgoing)) === 4);
  expect(await sumOf("RequestCountPerTarget", outgoing)).toBe(2);
  expect(await sumOf("TargetResponseTime", outgoing)).toBeGreaterThan(0);
  const incoming = { ServiceName: "catalog", DiscoveryName: "catalog" };
  expect(await sumOf("RequestCount", incoming)).toBe(4);
  expect(await sumOf("NewConnectionCount", incoming)).toBe(4);
  const metrics = at.world
    .region("us-east-1")
    .cloudwatch.minutes.all()
    .map(({ Dimensions }) => JSON.stringify(Dimensions));
  expect(
    metrics.filter(
      (one) =>
        one.includes('"catalog"') &&
        one.includes("TargetDiscoveryName") &&
        one.includes('"ServiceName","Value":"catalog"'),
    ),
  ).toEqual([]);
});
