import {
  ChangeTagsForResourceCommand,
  CreateHostedZoneCommand,
  GetHostedZoneCommand,
  ListHostedZonesCommand,
  UpdateHostedZoneCommentCommand,
} from "@aws-sdk/client-route-53";
import { describe, expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { hostedZone } from "../../../src/kinds/route53/hosted-zone.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";
import { firstZone, recordSet, somebody } from "./domain.ts";

const zone = task("zone", "hosted zone bia.test", hostedZone, { name: "bia.test", comment: "of the course" });
const stack: Stack = {
  name: "bia",
  stages: [{ name: "1", title: "domain", tasks: [zone], outputs: {}, costs: [] }],
};

describeContract({
  task: "zone",
  stack,
  drifts: {
    "its comment": {
      field: /^comment$/,
      make: async (aws) =>
        aws.route53.send(new UpdateHostedZoneCommentCommand({ Id: await firstZone(aws), Comment: "other" })),
    },
    // As it is when a run ended between the two calls.
    "our tags, which were taken off": {
      field: /^owner$/,
      make: async (aws) => {
        const RemoveTagKeys = ["bia-infra:stack", "bia-infra:task"];
        const ResourceId = await firstZone(aws);
        const command = new ChangeTagsForResourceCommand({ ResourceType: "hostedzone", ResourceId, RemoveTagKeys });
        await aws.route53.send(command);
      },
    },
  },
});

describe("a hosted zone", () => {
  it("is made anew after it was destroyed", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    for (let round = 0; round < 2; round++) {
      expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ zone: "create" });
      expect(verdicts(await destroyOn(sandbox, { stack }))).toEqual({ zone: "remove" });
    }
  });

  it("is made once although the answer to making it was lost", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    sandbox.world.faults.set([{ operation: "route53:CreateHostedZone", nth: 1, effect: "drop" }]);
    expect((await createOn(sandbox, { stack })).failed).toBe(false);
    const { HostedZones } = await clientsOf(sandbox).route53.send(new ListHostedZonesCommand({}));
    expect(HostedZones).toHaveLength(1);
    expect(verdicts(await destroyOn(sandbox, { stack }))).toEqual({ zone: "remove" });
  });

  it.each(["NoSuchHostedZone", "PriorRequestNotComplete"])(
    "is made once although Route 53 answers %s to its tags",
    async (code) => {
      const sandbox = await sandboxForTest({ delays: "none", speed: 20 });
      const effect = { error: { code } };
      sandbox.world.faults.set([{ operation: "route53:ChangeTagsForResource", nth: [1, 2], effect }]);
      expect((await createOn(sandbox, { stack })).failed).toBe(false);
      const { HostedZones } = await clientsOf(sandbox).route53.send(new ListHostedZonesCommand({}));
      expect(HostedZones).toHaveLength(1);
      expect(verdicts(await destroyOn(sandbox, { stack }))).toEqual({ zone: "remove" });
      expect(verdicts(await planOn(sandbox, { stack }))).toEqual({ zone: "create" });
    },
  );

  it("is made once by a run that begins while a listing alone knows it", async () => {
    const sandbox = await sandboxForTest({ delays: "short" });
    sandbox.world.faults.set([
      { operation: "route53:ListResourceRecordSets", effect: { error: { code: "AccessDenied" } } },
    ]);
    expect((await createOn(sandbox, { stack })).failed).toBe(true);
    sandbox.world.faults.set([]);
    const [id = ""] = sandbox.world.route53.hostedZones.all().map(({ Id }) => Id.slice("/hostedzone/".length));
    sandbox.world.route53.hostedZones.update(id, ({ hidden }) => {
      hidden.visibleAt = sandbox.world.later("hosted zone visible");
    });
    expect((await createOn(sandbox, { stack })).failed).toBe(false);
    expect(sandbox.world.route53.hostedZones.all()).toHaveLength(1);
  });

  it("of somebody else is used, said so, and survives a destroy", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const id = await somebody(sandbox).zone();
    const before = await everything(sandbox);
    const { tasks, calls } = await createOn(sandbox, { stack });
    expect(tasks).toMatchObject([{ verdict: "foreign", detail: id }]);
    expect(calls.changing).toBe(0);
    await destroyOn(sandbox, { stack });
    expect(await everything(sandbox)).toEqual(before);
  });

  it("of somebody whose own program calls a stack bia, too, is not taken for ours", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { route53 } = somebody(sandbox).aws;
    const CallerReference = "other-program:bia:us-east-1:1";
    await route53.send(new CreateHostedZoneCommand({ Name: "bia.test", CallerReference }));
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ zone: "foreign" });
    expect(verdicts(await destroyOn(sandbox, { stack }))).toEqual({ zone: "foreign" });
  });

  it("is taken over with --adopt", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await somebody(sandbox).zone();
    expect(verdicts(await createOn(sandbox, { stack, adopt: true }))).toEqual({ zone: "update" });
    expect(verdicts(await planOn(sandbox, { stack }))).toEqual({ zone: "unchanged" });
    expect(verdicts(await destroyOn(sandbox, { stack }))).toEqual({ zone: "remove" });
  });

  it("of ours is told from others of its name, which are named", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    const other = await somebody(sandbox).zone();
    const [planned] = (await planOn(sandbox, { stack })).tasks;
    expect(planned).toMatchObject({ verdict: "unchanged", detail: expect.stringContaining(other) });
    await destroyOn(sandbox, { stack });
    expect(await firstZone(clientsOf(sandbox))).toBe(other);
  });

  it("is refused where several of its name are there and none is ours", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const ids = [await somebody(sandbox).zone(), await somebody(sandbox).zone()];
    const [created] = (await createOn(sandbox, { stack })).tasks;
    expect(created?.error?.why).toMatch(/^2 public hosted zones have this name/);
    for (const id of ids) expect(created?.error?.why).toContain(id);
    expect(created?.error?.next).toContain("bia-infra:stack");
    expect(verdicts(await destroyOn(sandbox, { stack }))).toEqual({ zone: "foreign" });
  });

  it("is not taken for one that only comes after it in the alphabet, nor for a private one", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { aws, zone: make } = somebody(sandbox);
    await make("cia.test");
    const id = await make("bia.test");
    sandbox.world.route53.hostedZones.update(id, (draft) => {
      draft.Config = { PrivateZone: true };
    });
    expect(verdicts(await createOn(sandbox, { stack }))).toEqual({ zone: "create" });
    expect((await aws.route53.send(new GetHostedZoneCommand({ Id: id }))).HostedZone?.Config?.Comment).toBeUndefined();
  });

  it("with other people's records in it is not deleted, in AWS's words and with the records' names", async () => {
    const sandbox = await sandboxForTest({ delays: "none", speed: 2000 });
    await createOn(sandbox, { stack });
    const { change } = somebody(sandbox);
    await change(["CREATE", recordSet("mail.bia.test", "MX", "10 mx.example.org")]);
    const [destroyed] = (await destroyOn(sandbox, { stack })).tasks;
    expect(destroyed?.error?.why).toContain("HostedZoneNotEmpty: The specified hosted zone contains non-required");
    expect(destroyed?.error?.why).toContain("mail.bia.test MX");
    expect(destroyed?.error?.next).toContain("Others made these records");
    await change(["DELETE", recordSet("mail.bia.test", "MX", "10 mx.example.org")]);
    expect(verdicts(await destroyOn(sandbox, { stack }))).toEqual({ zone: "remove" });
  });
});
