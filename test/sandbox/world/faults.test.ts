import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
} from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { describe, expect, test } from "vitest";
import { type FaultRule, parseFaultRules } from "../../../src/sandbox/world/read-fault-rules.ts";
import { clientsOf, refusal } from "../services/clients.ts";
import { createGroup } from "../services/ec2/fixtures.ts";

const groups = async (ec2: EC2Client) => {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  return SecurityGroups.map(({ GroupName }) => GroupName).filter((name) => name !== "default");
};
const withFaults = (...faults: FaultRule[]) => clientsOf({ faults });

test("an error strikes the n-th matching call only, and nothing is applied", async () => {
  const error = { code: "InternalError", message: "An internal error has occurred", status: 500 };
  const { ec2 } = await withFaults({ operation: "ec2:CreateSecurityGroup", nth: 2, effect: { error } });
  await createGroup(ec2, "one");
  expect(await refusal(createGroup(ec2, "two"))).toBe("InternalError: An internal error has occurred");
  await createGroup(ec2, "three");
  expect(await groups(ec2)).toEqual(["one", "three"]);
});

test("a throttled call is refused in the words of its service", async () => {
  const { ec2, ssm, iam } = await withFaults({ operation: "*:Describe*", effect: "throttle" });
  await expect(groups(ec2)).rejects.toMatchObject({ name: "RequestLimitExceeded" });
  const { DescribeParametersCommand } = await import("@aws-sdk/client-ssm");
  await expect(ssm.send(new DescribeParametersCommand({}))).rejects.toMatchObject({ name: "ThrottlingException" });
  const { ListRolesCommand } = await import("@aws-sdk/client-iam");
  await iam.send(new ListRolesCommand({}));
});

test("a dropped response leaves the caller in the dark, but the change is made", async () => {
  const { ec2, world } = await withFaults({ operation: "ec2:CreateSecurityGroup", nth: 1, effect: "drop" });
  await expect(createGroup(ec2, "one")).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(await groups(ec2)).toEqual(["one"]);
  expect(world.faults.strikes()).toMatchObject([{ matched: 1, struck: 1, calls: ["ec2:CreateSecurityGroup"] }]);
});

test("a call that hangs is applied and never answered", async () => {
  const { ec2, world } = await withFaults({ operation: "changing", nth: 1, effect: "hang" });
  const abort = new AbortController();
  const command = new CreateSecurityGroupCommand({ GroupName: "one", Description: "x" });
  const call = ec2.send(command, { abortSignal: abort.signal });
  call.catch(() => {});
  await world.faults.struck();
  expect(await groups(ec2)).toEqual(["one"]);
  abort.abort();
  await expect(call).rejects.toMatchObject({ name: "AbortError" });
});

test("reads that lag do not see a new thing for as many reads, nor that one is gone", async () => {
  const { ec2 } = await withFaults({ operation: "reading", effect: { lag: 3 } });
  const id = await createGroup(ec2, "one");
  for (let read = 0; read < 3; read++) expect(await groups(ec2)).toEqual([]);
  expect(await groups(ec2)).toEqual(["one"]);
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId: id }));
  for (let read = 0; read < 3; read++) expect(await groups(ec2)).toEqual(["one"]);
  expect(await groups(ec2)).toEqual([]);
});

test("changing calls see what there is, however much reads lag", async () => {
  const { ec2 } = await withFaults({ operation: "reading", effect: { lag: 3 } });
  await createGroup(ec2, "one");
  expect(await refusal(createGroup(ec2, "one"))).toMatch(/^InvalidGroup.Duplicate: /);
});

test("reads of one service do not shorten the lag of another", async () => {
  const { ec2, sts } = await withFaults({ operation: "reading", effect: { lag: 1 } });
  await createGroup(ec2, "one");
  for (let read = 0; read < 5; read++) await sts.send(new GetCallerIdentityCommand({}));
  expect(await groups(ec2)).toEqual([]);
});

test("latency is added before the call is looked at", async () => {
  const { ec2 } = await withFaults({ operation: "any", effect: { latency: 80 } });
  const begun = performance.now();
  await groups(ec2);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(79);
});

describe("chance", () => {
  const struckOf100 = async (seed: number) => {
    const { sts, world } = await clientsOf({
      seed,
      faults: [{ operation: "any", probability: 0.2, effect: "throttle" }],
    });
    for (let call = 0; call < 100; call++) await sts.send(new GetCallerIdentityCommand({})).catch(() => {});
    return world.faults.strikes()[0]?.struck ?? 0;
  };

  test("strikes about as often as it should, and always the same calls for the same seed", async () => {
    const struck = await struckOf100(7);
    expect(struck).toBeGreaterThan(8);
    expect(struck).toBeLessThan(35);
    expect(await struckOf100(7)).toBe(struck);
  });
});

test("rules that are none are refused with every problem named", () => {
  const rules = [
    { operation: "any", effect: "throtle" },
    { operation: "any", nth: 0, effect: "drop", often: true },
  ];
  expect(() => parseFaultRules(rules)).toThrow(/These are no fault rules:[\s\S]*\[0\]\.effect[\s\S]*often|nth/);
  expect(parseFaultRules([{ operation: "iam:*", nth: [1, 3], effect: { lag: 3 } }])).toHaveLength(1);
});
