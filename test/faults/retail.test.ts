import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { createInSteps, expectDestroyed } from "./half-made.ts";
import { killedAfter } from "./killed.ts";
import { lagging, listingsOf } from "./lagging.ts";
import { disturbed } from "./one-call.ts";
import { chosen, stacksFor, undisturbed } from "./undisturbed.ts";

/** What the other files here do to stack bia, done to stack retail. */

const config = join(import.meta.dirname, "config/retail.ts");
const { variables } = await load(config);
const stack = stackOf(variables, { region: "us-east-1", target: "sandbox" });
const normal = await undisturbed(stack, config);
const root = await mkdtemp(join(tmpdir(), "bia-half-made-"));
const inSteps = await createInSteps(root, stack);
afterAll(() => rm(root, { recursive: true, force: true }));

describe("on stack retail", { timeout: 300_000 }, () => {
  it("the cases are all changing calls and all listings, those of scaling and of MySQL among them", () => {
    const of = (command: string) => normal.cases.filter((one) => one.command === command).map((one) => one.operation);
    const scaling = (...names: string[]) => names.map((name) => `application-autoscaling:${name}`);
    expect(of("create")).toEqual(expect.arrayContaining(scaling("RegisterScalableTarget", "PutScalingPolicy")));
    expect(of("destroy")).toEqual(expect.arrayContaining(scaling("DeleteScalingPolicy", "DeregisterScalableTarget")));
    const mysql = ["rds:%DBSubnetGroup", "rds:%DBInstance", "secretsmanager:%Secret"];
    const doing = (verb: string) => mysql.map((operation) => operation.replace("%", verb));
    expect(of("create")).toEqual(expect.arrayContaining([...doing("Create"), "ssm:PutParameter"]));
    expect(of("destroy")).toEqual(expect.arrayContaining([...doing("Delete"), "ssm:DeleteParameter"]));
    expect(normal.cases.length).toBeGreaterThanOrEqual(60);
    expect(inSteps.states.length).toBeGreaterThanOrEqual(of("create").length);
    const listings = listingsOf(normal).map(({ operation }) => operation);
    expect(listings).toEqual(
      expect.arrayContaining([
        ...scaling("DescribeScalableTargets"),
        ...["ec2:DescribeNatGateways", "rds:DescribeDBInstances", "rds:DescribeDBSubnetGroups"],
      ]),
    );
  });

  it.each(stacksFor(normal.cases, 1))("$command, $calls: the answer is lost", (one) => disturbed(one, "drop", normal));

  it.each(stacksFor(normal.cases, 4))("$command, $calls: fails before it does anything", (one) =>
    disturbed(one, { error: { code: "InternalFailure", status: 500 } }, normal),
  );

  it.each(stacksFor(normal.cases, 3))("$command, $calls: the process is killed right after it", (one) =>
    killedAfter(one, normal),
  );

  it.each(chosen(listingsOf(normal), 5))("$command, $operation lags behind", (one) => lagging(one, normal));

  it.each(chosen(inSteps.states, 2))("a create that was stopped for good after call $nth, $call, is destroyed", (one) =>
    expectDestroyed(one, inSteps),
  );
});
