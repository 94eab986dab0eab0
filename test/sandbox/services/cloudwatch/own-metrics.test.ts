import { expect, it } from "vitest";
import { measuredIn } from "../../../../src/sandbox/world/cloudwatch/metrics.ts";
import { siteOf } from "../../../support/listeners.ts";
import { CLUSTER, type Ecs, SERVICE, settle, tasksOf } from "../ecs/fixtures.ts";
import { behindBalancer, createUi, fargate, registerUi } from "../ecs/on-fargate.ts";
import { until } from "../ecs/running.ts";

const MINUTE = 60_000;

/** What was measured in the last full minute. */
function last({ world }: Ecs, Namespace: string, MetricName: string, dimensions: Record<string, string>) {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const from = new Date((Math.floor(world.now().getTime() / MINUTE) - 1) * MINUTE);
  const metric = { Namespace, MetricName, Dimensions };
  return measuredIn(world.region("us-east-1"), metric, { from, seconds: 60, count: 1 })[0];
}

it("load balancers and services measure themselves by what really happens, each minute", async () => {
  const at = await fargate({ traffic: true });
  await registerUi(at);
  const targetGroupArn = await behindBalancer(at);
  await createUi(at, { loadBalancers: [{ targetGroupArn, containerName: "application", containerPort: 8080 }] });
  const { elbv2 } = at.world.region("us-east-1");
  const healthy = () => elbv2.targets.filter(({ hidden }) => hidden.health?.State === "healthy").length;
  const site = await until(at, async () => healthy() === 2 && (await siteOf(at.sandbox)));
  // A second into a minute.
  await settle(at, 61 - ((at.world.now().getTime() / 1000) % 60));

  for (const path of ["/home", "/home", "/nowhere", "/catalog"]) await (await fetch(`${site}${path}`)).text();
  await at.world.clock.advance(MINUTE);
  const LoadBalancer = elbv2.loadBalancers.all()[0]?.LoadBalancerArn.split(":loadbalancer/")[1] ?? "";
  const TargetGroup = targetGroupArn.split(":").at(-1) ?? "";
  const told = (metric: string, dimensions: Record<string, string>) =>
    last(at, "AWS/ApplicationELB", metric, dimensions)?.Sum;
  const group = { LoadBalancer, TargetGroup };
  expect(told("RequestCount", { LoadBalancer })).toBe(4);
  expect(told("RequestCount", group)).toBe(4);
  expect(told("RequestCountPerTarget", group)).toBe(2);
  expect(told("RequestCountPerTarget", { TargetGroup })).toBe(2);
  expect(told("HTTPCode_Target_2XX_Count", { LoadBalancer })).toBe(3);
  expect(told("HTTPCode_Target_4XX_Count", group)).toBe(1);
  expect(told("HealthyHostCount", group)).toBe(2);
  expect(told("UnHealthyHostCount", group)).toBe(0);
  expect(told("TargetResponseTime", group)).toBeGreaterThan(0);

  // Nothing to do is told, too; and nothing is counted twice.
  await at.world.clock.advance(MINUTE);
  expect(told("RequestCountPerTarget", group)).toBe(0);
  expect(told("HTTPCode_Target_2XX_Count", { LoadBalancer })).toBeUndefined();

  const service = { ClusterName: CLUSTER, ServiceName: SERVICE };
  const memory = last(at, "AWS/ECS", "MemoryUtilization", service);
  expect(memory?.SampleCount).toBe((await tasksOf(at)).length);
  // A process of Node's in 2 GiB.
  expect(memory?.Minimum).toBeGreaterThan(1);
  expect(memory?.Maximum).toBeLessThan(20);
  const processor = last(at, "AWS/ECS", "CPUUtilization", service);
  expect(processor).toMatchObject({ SampleCount: 2, Unit: "Percent" });
  expect(processor?.Minimum).toBeGreaterThanOrEqual(0);
});
