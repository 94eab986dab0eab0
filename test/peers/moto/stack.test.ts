import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { taggedWith } from "../../../src/aws/tagged/index.ts";
import type { Stack } from "../../../src/engine/task.ts";
import { stackOf } from "../../../src/stacks/index.ts";
import { load } from "../../../src/variables/index.ts";
import { ofBia } from "../../support/of-bia.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { listed } from "./listing.ts";
import { changing, problemsOf } from "./results.ts";
import { type Moto, motoIsHere, startMoto } from "./server.ts";
import { aroundMoto, countedAsDone, SHORTCOMINGS, tasksOf, UNSEEN } from "./shortcomings.ts";

/** Time goes by this much faster, so that the limit of something that will never be ready is reached soon. */
const SPEED = 200;

/** What moto has from the start, or makes by itself. */
const GIVEN = ["default-vpc", "network", "dev-image", "ecs-image", "certificate-issued"];

/**
 * The whole stack against an AWS that others wrote, with AWS as target and a domain. moto is no judge of order and
 * readiness (it makes everything at once), but of what is sent and how answers are read.
 */
describe.skipIf(!motoIsHere)("the whole stack against moto", () => {
  let moto: Moto;

  beforeAll(async () => {
    moto = await startMoto(SPEED);
  });

  afterAll(() => moto?.stop());

  it("is created, as far as moto goes", async () => {
    const stack = await stackOnMoto();
    const result = await createOn(moto, { stack });
    const given = new Set([...GIVEN, ...countedAsDone("bia")]);
    expect(problemsOf(result)).toEqual({});
    expect(verdicts(result)).toEqual(
      Object.fromEntries(tasksOf(stack).map(({ id }) => [id, given.has(id) ? "unchanged" : "create"])),
    );
  });

  it("is in moto's lists, each thing under the course's name", async () => {
    const { instances, volumes, roles, parameters, ...named } = await listed(moto);
    expect(instances).toHaveLength(3);
    // One each, and a second one that moto adds to those of a scaling group.
    expect(volumes).toHaveLength(5);
    expect(roles).toEqual(expect.arrayContaining(["ecs-ec2InstanceRole", "ecsTaskExecutionRole", "role-acesso-ssm"]));
    expect(parameters).toEqual(["/bia-infra/bia/bia/password"]);
    expect(named).toEqual({
      securityGroups: expect.arrayContaining(["bia-alb-teste", "bia-db-teste", "bia-dev", "bia-ec2-teste"]),
      launchTemplates: ["launchTempCurso117"],
      profiles: expect.arrayContaining(["ecs-ec2InstanceIProfile", "role-acesso-ssm"]),
      databases: ["bia"],
      repositories: ["bia"],
      loadBalancers: ["bia-alb"],
      targetGroups: ["tg-bia"],
      scalingGroups: ["asgCurso117"],
      clusters: ["cluster-bia-alb"],
      capacityProviders: ["capacityProviderCurso117"],
      logGroups: ["/aws/ecs/containerinsights/cluster-bia-alb/performance", "/ecs/task-def-bia-alb"],
      taskDefinitions: [expect.stringMatching(/\/task-def-bia-alb:1$/)],
      zones: ["pedroheeger.dev.br."],
      certificates: ["www.pedroheeger.dev.br"],
    });
  });

  it("is left alone the second time: no changing call", async () => {
    const result = await createOn(moto, { stack: await stackOnMoto() });
    expect(problemsOf(result)).toEqual({});
    expect(new Set(Object.values(verdicts(result)))).toEqual(new Set(["unchanged"]));
    expect(changing(result)).toEqual([]);
  });

  it("is planned without a changing call, and there is nothing to do", async () => {
    const result = await planOn(moto, { stack: await stackOnMoto() });
    expect(new Set(Object.values(verdicts(result)))).toEqual(new Set(["unchanged"]));
    expect(changing(result)).toEqual([]);
  });

  it("is destroyed", async () => {
    const stack = await stackOnMoto();
    const result = await destroyOn(moto, { stack });
    const kept = new Set([...GIVEN, ...countedAsDone("bia")]);
    const doomed = tasksOf(stack).filter(({ id }) => !kept.has(id));
    expect(problemsOf(result)).toEqual({});
    expect(verdicts(result)).toEqual(Object.fromEntries(doomed.map(({ id }) => [id, "remove"])));
  });

  it("leaves nothing behind in moto's lists", async () => {
    const { securityGroups, ...left } = await listed(moto);
    expect(securityGroups).toEqual(["default"]);
    const clients = clientsOf(moto);
    expect(await taggedWith(clients, "bia")).toEqual({ things: [], unseen: UNSEEN });
    clients.close();
    expect(left).toEqual(Object.fromEntries(Object.keys(left).map((sort) => [sort, []])));
  });

  it("is destroyed twice: nothing is there, and nothing is changed", async () => {
    const result = await destroyOn(moto, { stack: await stackOnMoto() });
    expect(new Set(Object.values(verdicts(result)))).toEqual(new Set(["absent"]));
    expect(changing(result)).toEqual([]);
  });
});

describe.skipIf(!motoIsHere)("what moto cannot do", () => {
  let moto: Moto;

  beforeAll(async () => {
    moto = await startMoto(SPEED);
  });

  afterAll(() => moto?.stop());

  const refused = Object.entries(SHORTCOMINGS.bia).flatMap(([id, { cause }]) => (cause ? [{ id, cause }] : []));
  it.each(refused)("the product says so of $id: $cause", async ({ id, cause }) => {
    const result = await createOn(moto, { stack: await stackOnMoto(id), only: id });
    expect(Object.keys(problemsOf(result))).toEqual([id]);
    expect(problemsOf(result)[id]).toMatch(cause);
  });
});

/** The stack as on AWS, with a domain; moto's shortcomings are passed over, but for one task that meets them. */
async function stackOnMoto(meets?: string): Promise<Stack> {
  const variables = ofBia((await load(undefined, path.resolve(import.meta.dirname, "../../support"))).variables);
  const named = { ...variables, domain: { ...variables.domain, name: "pedroheeger.dev.br" } };
  return aroundMoto(stackOf(named, { region: "us-east-1", target: "aws" }), meets);
}
