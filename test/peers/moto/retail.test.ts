import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeServicesCommand, DescribeTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { DescribeTargetGroupsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { taggedWith } from "../../../src/aws/tagged/index.ts";
import type { Stack } from "../../../src/engine/task.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { schemas } from "../../../src/variables/schemas.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { listed, listedOfRetail } from "./listing.ts";
import { changing, problemsOf } from "./results.ts";
import { type Moto, motoIsHere, startMoto } from "./server.ts";
import { aroundMoto, countedAsDone, MISNAMED, SHORTCOMINGS, tasksOf, UNSEEN } from "./shortcomings.ts";

/** Time goes by this much faster, so that the limit of something that will never be ready is reached soon. */
const SPEED = 200;

/** Milliseconds of a run: moto serves one request after the other, and on a busy computer most of a minute's worth of them. */
const longest = 240_000;

describe.skipIf(!motoIsHere)("the stack retail against moto", () => {
  let moto: Moto;

  beforeAll(async () => {
    moto = await startMoto(SPEED);
  });

  afterAll(() => moto?.stop());

  it("is created, as far as moto goes", async () => {
    const stack = stackOnMoto();
    const result = await createOn(moto, { stack, longest });
    const given = new Set(countedAsDone("retail"));
    expect(problemsOf(result)).toEqual({});
    expect(verdicts(result)).toEqual(
      Object.fromEntries(tasksOf(stack).map(({ id }) => [id, given.has(id) ? "unchanged" : "create"])),
    );
  });

  it("is in moto's lists, each thing under the workshop's name", async () => {
    const { scalableTargets, alarms, namespaces, secrets, subnetGroups, tables, ...network } =
      await listedOfRetail(moto);
    expect(Object.fromEntries(Object.entries(network).map(([sort, ids]) => [sort, ids.length]))).toEqual({
      vpcs: 1,
      subnets: 4,
      routeTables: 3,
      internetGateways: 1,
      natGateways: 2,
      addresses: 2,
    });
    const scaled = "service/retail-store-ecs-cluster/ui";
    expect({ scalableTargets, alarms, namespaces, secrets, subnetGroups, tables }).toEqual({
      scalableTargets: [scaled],
      alarms: [
        expect.stringContaining(`TargetTracking-${scaled}-AlarmHigh`),
        expect.stringContaining(`TargetTracking-${scaled}-AlarmLow`),
      ],
      namespaces: ["retailstore.local"],
      secrets: ["retail-store-ecs-catalog-db"],
      subnetGroups: ["retail-store-ecs-catalog"],
      tables: ["retail-store-ecs-carts"],
    });
  });

  it("has tasks on Fargate at addresses of their own, and alarms over what the load balancer counts", async () => {
    const { cloudWatch, ecs, elbv2, close } = clientsOf(moto);
    const asked = { cluster: "retail-store-ecs-cluster", services: ["ui"] };
    const [service] = (await ecs.send(new DescribeServicesCommand(asked))).services ?? [];
    expect(service).toMatchObject({
      launchType: "FARGATE",
      desiredCount: 2,
      enableExecuteCommand: true,
      networkConfiguration: {
        awsvpcConfiguration: {
          assignPublicIp: "DISABLED",
          subnets: [expect.stringMatching(/^subnet-/), expect.stringMatching(/^subnet-/)],
        },
      },
      loadBalancers: [{ containerName: "application", containerPort: 8080 }],
    });
    const { taskDefinition } = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: service?.taskDefinition }),
    );
    expect(taskDefinition).toMatchObject({
      family: "retail-store-ecs-ui",
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "1024",
      memory: "2048",
    });
    const { TargetGroups } = await elbv2.send(new DescribeTargetGroupsCommand({ Names: ["ui-application"] }));
    expect(TargetGroups).toMatchObject([{ TargetType: "ip", Port: 8080, HealthCheckPath: "/actuator/health" }]);
    const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({}));
    // moto's have a metric and a threshold of its own, whatever the policy says.
    expect(MetricAlarms).toMatchObject([
      { ComparisonOperator: "GreaterThanThreshold", EvaluationPeriods: 3 },
      { ComparisonOperator: "LessThanThreshold", EvaluationPeriods: 15 },
    ]);
    close();
  });

  it("is left alone the second time, and planned, without a changing call", async () => {
    for (const run of [createOn, planOn]) {
      const result = await run(moto, { stack: stackOnMoto(), longest });
      expect(problemsOf(result)).toEqual({});
      expect(new Set(Object.values(verdicts(result)))).toEqual(new Set(["unchanged"]));
      expect(changing(result)).toEqual([]);
    }
  });

  it("follows other variables: figures of scaling, a banner, days that logs are kept", async () => {
    const result = await createOn(moto, {
      stack: stackOnMoto({
        ui: { banner: "New!" },
        logs: { retention: 14 },
        autoscaling: { max: 5, targetValue: 1000, scaleInCooldown: 60 },
      }),
      longest,
    });
    expect(problemsOf(result)).toEqual({});
    const changed = Object.entries(verdicts(result)).filter(([, verdict]) => verdict !== "unchanged");
    expect(Object.fromEntries(changed)).toEqual({
      "ui-task-definition": "update",
      "ui-service": "update",
      "ui-scalable-target": "update",
      "ui-scaling-policy": "update",
      "log-group": "update",
    });
  });

  it("is destroyed, and leaves nothing behind in moto's lists", async () => {
    const stack = stackOnMoto();
    const result = await destroyOn(moto, { stack, longest });
    const kept = new Set(countedAsDone("retail"));
    const doomed = tasksOf(stack).filter(({ id }) => !kept.has(id));
    expect(problemsOf(result)).toEqual({});
    expect(verdicts(result)).toEqual(Object.fromEntries(doomed.map(({ id }) => [id, "remove"])));

    const { securityGroups, alarms, ...left } = { ...(await listed(moto)), ...(await listedOfRetail(moto)) };
    expect(securityGroups).toEqual(["default"]);
    // Of the policy before it was changed: moto makes others then and forgets these, where AWS changes them.
    expect(alarms).toHaveLength(2);
    expect(left).toEqual(Object.fromEntries(Object.keys(left).map((sort) => [sort, []])));
    const clients = clientsOf(moto);
    const { things, unseen } = await taggedWith(clients, "retail");
    expect(things.filter(({ type }) => !MISNAMED.includes(type))).toEqual([]);
    expect(unseen).toEqual(UNSEEN);
    clients.close();
  });

  it("is destroyed twice: nothing is there, and nothing is changed", async () => {
    const result = await destroyOn(moto, { stack: stackOnMoto(), longest });
    expect(new Set(Object.values(verdicts(result)))).toEqual(new Set(["absent"]));
    expect(changing(result)).toEqual([]);
  });
});

describe.skipIf(!motoIsHere)("what moto cannot do of retail", () => {
  let moto: Moto;

  beforeAll(async () => {
    moto = await startMoto(SPEED);
  });

  afterAll(() => moto?.stop());

  /** One of each sort. */
  const refused = ["ui-security-group", "catalog-database", "ui-service", "ui-scalable-target", "container-insights"];
  it.each(refused)("the product says so of %s", async (id) => {
    const result = await createOn(moto, { stack: stackOnMoto({}, id), only: id });
    expect(Object.keys(problemsOf(result))).toEqual([id]);
    expect(problemsOf(result)[id]).toMatch(SHORTCOMINGS.retail[id]?.cause ?? /nothing/);
  });
});

/** The stack as on AWS, with a NAT gateway a zone; moto's shortcomings are passed over, but for one task that meets them. */
function stackOnMoto(variables: object = {}, meets?: string): Stack {
  const parsed = schemas.retail.parse({ stack: "retail", network: { nat: "per-zone" }, ...variables });
  return aroundMoto(stackOf(parsed, { region: "us-east-1", target: "aws" }), meets);
}
