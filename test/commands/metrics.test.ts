import { describe, expect, it, onTestFinished } from "vitest";
import { type Measured, measure } from "../../src/sandbox/world/cloudwatch/metrics.ts";
import type { TargetGroup } from "../../src/sandbox/world/records.ts";
import { runCli, startCli } from "../support/cli.ts";
import { CLUSTER, type Served, served } from "./served.ts";

const MINUTE = 60_000;
const SERVICE = "service-bia-alb";
const GROUP = "targetgroup/tg-bia/2222222222222222";
const BALANCER = "app/bia/1111111111111111";
const own = { ClusterName: CLUSTER, ServiceName: SERVICE };
const target = { LoadBalancer: BALANCER, TargetGroup: GROUP };

/** Values of a metric in the last full minutes, the newest last. */
function tell(at: Served, name: string, dimensions: Record<string, string>, ...values: (number | Partial<Measured>)[]) {
  const [, Namespace = "", MetricName = ""] = /^(.*) (.*)$/.exec(name) ?? [];
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const now = Math.floor(Date.now() / MINUTE);
  for (const [index, value] of values.entries()) {
    const at_ = new Date((now - values.length + index) * MINUTE);
    const one = typeof value === "number" ? { Sum: value, Minimum: value, Maximum: value } : value;
    const measured = { Sum: 0, SampleCount: 1, Minimum: 0, Maximum: 0, Unit: "None" as const, ...one };
    measure(at.sandbox.world.region("us-east-1"), { Namespace, MetricName, Dimensions }, at_, measured);
  }
}

/** A service whose tasks are targets of a load balancer. */
async function balanced(): Promise<Served> {
  const at = await served();
  const region = at.sandbox.world.region("us-east-1");
  const arn = `arn:aws:elasticloadbalancing:us-east-1:${at.sandbox.world.account}`;
  const TargetGroupArn = `${arn}:${GROUP}`;
  region.elbv2.targetGroups.put({
    TargetGroupArn,
    TargetGroupName: "tg-bia",
    LoadBalancerArns: [`${arn}:loadbalancer/${BALANCER}`],
    hidden: { attributes: {}, tags: [] },
  } as unknown as TargetGroup);
  const [service] = region.ecs.services.all();
  if (service) region.ecs.services.put({ ...service, loadBalancers: [{ targetGroupArn: TargetGroupArn }] });
  return at;
}

const metrics = ({ env }: Served, ...args: string[]) => runCli(["metrics", ...args], env);

describe("bia-infra metrics", () => {
  it("of a service that others call by Service Connect shows their requests, and how long they waited", async () => {
    const at = await served();
    const { services } = at.sandbox.world.region("us-east-1").ecs;
    const [service] = services.all();
    const serviceConnectConfiguration = { enabled: true, services: [{ portName: "web", discoveryName: "goods" }] };
    const deployments = service?.deployments.map((one) => ({ ...one, serviceConnectConfiguration })) ?? [];
    if (service) services.put({ ...service, deployments });
    tell(at, "AWS/ECS RequestCount", { ...own, DiscoveryName: "goods" }, { Sum: 60 }, { Sum: 90 });
    tell(at, "AWS/ECS HTTPCode_Target_5XX_Count", { TargetDiscoveryName: "goods" }, { Sum: 3 });
    tell(at, "AWS/ECS TargetResponseTime", { TargetDiscoveryName: "goods" }, { Sum: 500, SampleCount: 100 });
    const { metrics: told } = JSON.parse((await metrics(at, "--json")).stdout);
    expect(told).toMatchObject({
      requests: { unit: "/min", now: 90, min: 60 },
      "5xx": { unit: "/min", now: 3, min: 0 },
      latency: { unit: "ms", now: 5 },
    });
  });

  it("draws what tasks use and their load balancer says, with what it is now, its least, mean and most", async () => {
    const at = await balanced();
    tell(at, "AWS/ECS CPUUtilization", own, 10, 30, 20);
    tell(at, "AWS/ECS MemoryUtilization", own, 40);
    tell(at, "AWS/ApplicationELB RequestCount", target, { Sum: 120 }, { Sum: 0 });
    const Values = { 0.01: 90, 0.5: 10 };
    tell(at, "AWS/ApplicationELB TargetResponseTime", target, {
      Minimum: 0.01,
      Maximum: 0.5,
      SampleCount: 100,
      Values,
    });
    tell(at, "AWS/ApplicationELB HealthyHostCount", target, 2);
    const { code, stdout } = await metrics(at);
    const [title, head, ...lines] = stdout.trimEnd().split("\n");
    expect({ code, title }).toEqual({
      code: 0,
      title: expect.stringMatching(new RegExp(`^${SERVICE} in ${CLUSTER}: 1 h 00 min until `)),
    });
    expect(head?.trim().split(/\s+/)).toEqual(["now", "min", "avg", "max"]);
    const words = lines.map((line) =>
      line
        .replace(/[▁▂▃▄▅▆▇█]+/g, "#")
        .trim()
        .split(/\s{2,}/),
    );
    expect(words).toEqual([
      ["cpu", "#", "20 %", "10 %", "20 %", "30 %"],
      ["memory", "#", "40 %", "40 %", "40 %", "40 %"],
      ["requests", "#", "0/min", "0/min", "60/min", "120/min"],
      // Load balancers say nothing of answers that there were none of.
      ["5xx", "#", "0/min", "0/min", "0/min", "0/min"],
      ["p50", "#", "10 ms", "10 ms", "10 ms", "10 ms"],
      ["p99", "#", "500 ms", "500 ms", "500 ms", "500 ms"],
      ["healthy", "#", "2", "2", "2", "2"],
    ]);
  });

  it("gives a program each value with its time, in longer periods the further it looks back", async () => {
    const at = await served();
    tell(at, "AWS/ECS CPUUtilization", own, 10, 30);
    const hour = JSON.parse((await metrics(at, "--json")).stdout);
    expect(hour).toMatchObject({ cluster: CLUSTER, service: SERVICE, period: 60 });
    // Without a load balancer there are no targets.
    expect(Object.keys(hour.metrics)).toEqual(["cpu", "memory"]);
    expect(hour.metrics.cpu).toMatchObject({ unit: "%", now: 30, min: 10, avg: 20, max: 30 });
    expect(hour.metrics.cpu.points.map(({ value }: { value: number }) => value)).toEqual([10, 30]);
    expect(hour.metrics.memory).toEqual({ unit: "%", points: [] });
    expect(JSON.parse((await metrics(at, "--since", "2d", "--json")).stdout).period).toBe(3600);
  });

  it("tells each change with --watch until Ctrl-C, which ends it with 0", async () => {
    const at = await served();
    const { child, ended } = startCli(["metrics", "--watch"], at.env);
    onTestFinished(() => void child.kill("SIGKILL"));
    let out = "";
    child.stdout?.on("data", (chunk) => {
      out += chunk;
    });
    await expect.poll(() => out, { timeout: 20_000 }).toContain(" metric cpu no data");
    tell(at, "AWS/ECS CPUUtilization", own, 25);
    await expect.poll(() => out, { timeout: 20_000 }).toContain(" metric cpu 25 %: min 25 %, avg 25 %, max 25 %");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("says that there is no such service", async () => {
    const { code, stderr } = await metrics(await served(), "web");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining(`there is no service web in cluster ${CLUSTER}\nThe stack's own: ${SERVICE}.`),
    });
  });
});
