import { DeleteHostedZoneCommand } from "@aws-sdk/client-route-53";
import { describe, expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { hostedZone } from "../../../src/kinds/route53/hosted-zone.ts";
import { record } from "../../../src/kinds/route53/record.ts";
import { everything } from "../../support/everything.ts";
import { createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";
import { changeFirst, firstZone, recordSet, recordsOfFirst, somebody } from "./domain.ts";

const MARKER = "_bia-infra-cname.www.bia.test. TXT";

/** A zone with a www record and an alias of it. */
function stackOf(host = "www"): Stack {
  const zone = task("zone", "hosted zone bia.test", hostedZone, { name: "bia.test", comment: "" });
  const zoneId = zone.out(({ id }) => id);
  const name = `${host}.bia.test`;
  const www = task("www", `record ${name}`, record, {
    zoneId,
    name,
    type: "CNAME",
    ttl: 300,
    values: ["one.example.org"],
  });
  const alias = task(
    "alias",
    "record app.bia.test",
    record,
    { zoneId, name: "app.bia.test", type: "CNAME", alias: { hostedZoneId: zoneId, dnsName: name } },
    [www],
  );
  return {
    name: "bia",
    stages: [{ name: "1", title: "domain", tasks: [zone, www, alias], outputs: {}, costs: [] }],
  };
}

const stack = stackOf();
/** As the stack is once nothing names its records any more. */
const zoneOnly: Stack = {
  name: "bia",
  stages: stack.stages.map((stage) => ({ ...stage, tasks: stage.tasks.slice(0, 1) })),
};
const upsert = (value: string, ttl = 300) => ["UPSERT", recordSet("www.bia.test", "CNAME", value, ttl)] as const;
const deleted = (value: string) => ["DELETE", recordSet("www.bia.test", "CNAME", value)] as const;

describeContract({
  task: "www",
  stack,
  drifts: {
    "its value": { field: /^value$/, make: (aws) => changeFirst(aws, upsert("two.example.org")) },
    "its time to live": { field: /^ttl$/, make: (aws) => changeFirst(aws, upsert("one.example.org", 60)) },
    "its being deleted": { field: /^record$/, make: (aws) => changeFirst(aws, deleted("one.example.org")) },
  },
});

describeContract({
  task: "alias",
  stack,
  drifts: {
    "its target": {
      field: /^value$/,
      make: (aws) => changeFirst(aws, ["UPSERT", recordSet("app.bia.test", "CNAME", "www.bia.test")]),
    },
  },
});

describe("a record", () => {
  it("stands beside one that says whose it is", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only: "www" });
    expect(await somebody(sandbox).records()).toEqual(["www.bia.test. CNAME", MARKER]);
  });

  it("is made although Route 53 is still busy with an earlier change to the zone", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const error = { code: "PriorRequestNotComplete", status: 400 };
    sandbox.world.faults.set([{ operation: "route53:ChangeResourceRecordSets", nth: 1, effect: { error } }]);
    expect((await createOn(sandbox, { stack })).failed).toBe(false);
  });

  it("of somebody else is neither overwritten nor deleted", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { zone, change } = somebody(sandbox);
    await zone();
    await change(upsert("theirs.example.org"));
    const before = await everything(sandbox);
    const [, www] = (await createOn(sandbox, { stack, only: "www" })).tasks;
    expect(www).toMatchObject({
      verdict: "foreign",
      changes: [{ field: "value", from: "theirs.example.org", to: "one.example.org" }],
    });
    await destroyOn(sandbox, { stack });
    expect(await everything(sandbox)).toEqual(before);
  });

  it("of ours in somebody else's zone is deleted and nothing else there", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { zone, change, records } = somebody(sandbox);
    await zone();
    await change(["UPSERT", recordSet("mail.bia.test", "A", "192.0.2.1")]);
    await createOn(sandbox, { stack });
    expect(await records()).toContain("www.bia.test. CNAME");
    expect(verdicts(await destroyOn(sandbox, { stack }))).toEqual({ zone: "foreign", www: "remove", alias: "remove" });
    expect(await records()).toEqual(["mail.bia.test. A"]);
  });

  it("of somebody else is taken over with --adopt", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { zone, change } = somebody(sandbox);
    await zone();
    await change(upsert("theirs.example.org"));
    expect(verdicts(await createOn(sandbox, { stack, only: "www", adopt: true }))).toMatchObject({ www: "update" });
    expect(verdicts(await planOn(sandbox, { stack, only: "www" }))).toMatchObject({ www: "unchanged" });
    await destroyOn(sandbox, { stack });
  });

  it("where another type has the name already fails in AWS's words, with what to do", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { zone, change } = somebody(sandbox);
    await zone();
    await change(["CREATE", recordSet("www.bia.test", "A", "192.0.2.1")]);
    const [, www] = (await createOn(sandbox, { stack, only: "www" })).tasks;
    expect(www?.error?.why).toMatch(/^InvalidChangeBatch: .*conflicts with other records/);
    expect(www?.error?.next).toContain("choose another host");
  });

  it("whose name is to change needs replacement, which says so", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only: "www" });
    const [, www] = (await planOn(sandbox, { stack: stackOf("app2"), only: "www" })).tasks;
    expect(www?.changes).toEqual([
      { field: "name", from: "www.bia.test", to: "app2.bia.test", needsReplacement: true },
    ]);
  });

  it("that nothing names any more goes with our zone", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    expect(verdicts(await destroyOn(sandbox, { stack: zoneOnly }))).toEqual({ zone: "remove" });
  });

  it.each([
    ["another stack", "bia-infra:stack=other,bia-infra:task=www"],
    ["the stack of another region", "bia-infra:region=sa-east-1,bia-infra:stack=bia,bia-infra:task=www"],
  ])("of %s stays, and our zone with it", async (_, tags) => {
    const sandbox = await sandboxForTest({ delays: "none", speed: 2000 });
    await createOn(sandbox, { stack, only: "zone" });
    const { change, records } = somebody(sandbox);
    await change(
      ["CREATE", recordSet("www.bia.test", "CNAME", "one.example.org")],
      ["CREATE", recordSet("_bia-infra-cname.www.bia.test", "TXT", `"${tags}"`)],
    );
    const [zone] = (await destroyOn(sandbox, { stack: zoneOnly })).tasks;
    expect(zone?.verdict).toBe("failed");
    expect(await records()).toEqual(["www.bia.test. CNAME", MARKER]);
  });

  it("is absent where its zone has gone", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only: "zone" });
    const { aws } = somebody(sandbox);
    await aws.route53.send(new DeleteHostedZoneCommand({ Id: await firstZone(aws) }));
    expect(verdicts(await destroyOn(sandbox, { stack }))).toEqual({ zone: "absent", www: "absent", alias: "absent" });
  });

  it("that others wrote in the meantime is read again before it is deleted", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only: "www" });
    const { aws } = somebody(sandbox);
    await changeFirst(aws, upsert("two.example.org"));
    expect((await destroyOn(sandbox, { stack, only: "www" })).failed).toBe(false);
    expect(await recordsOfFirst(aws).catch(() => [])).toEqual([]);
  });
});
