import { GetRoleCommand, UntagInstanceProfileCommand, UntagRoleCommand } from "@aws-sdk/client-iam";
import { ChangeTagsForResourceCommand, ListHostedZonesCommand } from "@aws-sdk/client-route-53";
import { describe, expect, it } from "vitest";
import { REGION_TAG } from "../../src/aws/tags.ts";
import { remainsOf } from "../../src/commands/remains.ts";
import type { Session } from "../../src/commands/session.ts";
import { type Stack, type Task, task } from "../../src/engine/task.ts";
import { defaultVpc } from "../../src/kinds/ec2/default-vpc.ts";
import { securityGroup } from "../../src/kinds/ec2/security-group.ts";
import { instanceProfile } from "../../src/kinds/iam/instance-profile.ts";
import { role } from "../../src/kinds/iam/role.ts";
import { hostedZone } from "../../src/kinds/route53/hosted-zone.ts";
import { record } from "../../src/kinds/route53/record.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";
import { everything } from "../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, type RunOptions, verdicts } from "../support/runs.ts";
import { sandboxForTest } from "../support/sandbox.ts";

/** What of a stack is global, beside something of EC2. */
function stackIn(region: string, { suffix = "", domain = "example.test" } = {}): Stack {
  const vpc = task("vpc", "default VPC", defaultVpc, { zones: [`${region}a`] });
  const group = task("group", "security group web", securityGroup, {
    name: "web",
    description: "web",
    vpcId: vpc.out(({ vpcId }) => vpcId),
    ingress: [],
    tags: {},
  });
  const machines = task("role", `role machines${suffix}`, role, {
    name: `machines${suffix}`,
    service: "ec2.amazonaws.com",
    managedPolicies: [],
    inlinePolicies: {
      read: {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: ["ssm:GetParameters"], Resource: [`arn:aws:ssm:${region}:*:parameter/x`] },
        ],
      },
    },
  });
  const profile = task("profile", `instance profile machines${suffix}`, instanceProfile, {
    name: `machines${suffix}`,
    role: machines.out(({ name }) => name),
  });
  const zone = task("zone", `hosted zone ${domain}`, hostedZone, { name: domain, comment: "two regions" });
  const www = task("www", `record www.${domain}`, record, {
    zoneId: zone.out(({ id }) => id),
    name: `www.${domain}`,
    type: "CNAME",
    ttl: 60,
    values: [`balancer.${region}.elb.amazonaws.com`],
  });
  const tasks = [vpc, group, machines, profile, zone, www] as Task<never, never>[];
  const accountWide = ["machines.role.name", "domain.name"];
  return { name: "bia", stages: [{ name: "1", title: "two regions", tasks, accountWide, outputs: {}, costs: [] }] };
}

const HERE = { region: "us-east-1", stack: stackIn("us-east-1") };
const SAME = { region: "sa-east-1", stack: stackIn("sa-east-1") };
const OTHER = { region: "sa-east-1", stack: stackIn("sa-east-1", { suffix: "-sa", domain: "example-sa.test" }) };
const GLOBAL = ["role", "profile", "zone", "www"];

const scan = (session: Session) => remainsOf(session, new Map());

async function remains(sandbox: RunningSandbox, options: RunOptions) {
  const { after } = await destroyOn(sandbox, { ...options, after: scan });
  return after as Awaited<ReturnType<typeof scan>>;
}

/** As a version that knew no regions left them. */
async function forgetRegions(sandbox: RunningSandbox) {
  const { iam, route53, close } = clientsOf(sandbox);
  await iam.send(new UntagRoleCommand({ RoleName: "machines", TagKeys: [REGION_TAG] }));
  await iam.send(new UntagInstanceProfileCommand({ InstanceProfileName: "machines", TagKeys: [REGION_TAG] }));
  const { HostedZones = [] } = await route53.send(new ListHostedZonesCommand({}));
  for (const { Id = "" } of HostedZones) {
    const ResourceId = Id.replace("/hostedzone/", "");
    await route53.send(
      new ChangeTagsForResourceCommand({ ResourceType: "hostedzone", ResourceId, RemoveTagKeys: [REGION_TAG] }),
    );
  }
  close();
}

async function regionTagOf(sandbox: RunningSandbox, RoleName: string) {
  const { iam, close } = clientsOf(sandbox);
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  close();
  return Role?.Tags?.find(({ Key }) => Key === REGION_TAG)?.Value;
}

describe("two stacks of one name in two regions of an account", () => {
  it("of the same names: the second one is refused before anything is made, and told what to rename", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    expect((await createOn(sandbox, HERE)).failed).toBe(false);
    const before = await everything(sandbox);
    for (const adopt of [false, true]) {
      const second = await createOn(sandbox, { ...SAME, adopt });
      expect(second.calls.changing).toBe(0);
      const refusal = second.tasks.find(({ id }) => id === "role")?.error;
      expect(refusal?.why).toContain("belongs to the stack of the same name in us-east-1");
      expect(refusal?.next).toContain("(machines.role.name, domain.name)");
      expect(refusal?.next).toContain("AWS_REGION=us-east-1");
    }
    expect(await everything(sandbox)).toEqual(before);
  });

  it("of the same names: plan says whose each thing is, and destroy leaves it and what stands on it", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, HERE);
    const before = await everything(sandbox);
    const planned = await planOn(sandbox, SAME);
    for (const id of GLOBAL)
      expect(
        planned.tasks.find((one) => one.id === id),
        id,
      ).toMatchObject({ verdict: "elsewhere", region: "us-east-1" });
    const { left, standing } = await remains(sandbox, SAME);
    expect(left).toEqual([]);
    expect(standing?.map(({ type, region }) => `${type} ${region}`).sort()).toEqual([
      "hosted zone us-east-1",
      "instance profile us-east-1",
      "role us-east-1",
    ]);
    expect(await everything(sandbox)).toEqual(before);
    expect(new Set(Object.values(verdicts(await planOn(sandbox, HERE))))).toEqual(new Set(["unchanged"]));
  });

  it.each([
    ["the first", HERE, OTHER],
    ["the second", OTHER, HERE],
  ])("of other names: both are up, and %s can be destroyed alone", async (_, gone, stays) => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, HERE);
    expect((await createOn(sandbox, OTHER)).failed).toBe(false);
    for (const one of [HERE, OTHER])
      expect(new Set(Object.values(verdicts(await planOn(sandbox, one))))).toEqual(new Set(["unchanged"]));
    const { left, standing } = await remains(sandbox, gone);
    expect(left).toEqual([]);
    expect(new Set(standing?.map(({ region }) => region))).toEqual(new Set([stays.region]));
    expect(new Set(Object.values(verdicts(await planOn(sandbox, stays))))).toEqual(new Set(["unchanged"]));
    expect((await remains(sandbox, stays)).standing).toBeUndefined();
  });
});

describe("things that an older version made without a region", () => {
  it("are of the region in which the stack stands: its next create says so, and a destroy elsewhere leaves them", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, HERE);
    await forgetRegions(sandbox);
    const before = await everything(sandbox);
    const elsewhere = await remains(sandbox, SAME);
    expect(elsewhere.left).toEqual([]);
    expect(elsewhere.standing).toHaveLength(3);
    expect((await createOn(sandbox, SAME)).calls.changing).toBe(0);
    expect(await everything(sandbox)).toEqual(before);

    const planned = (await planOn(sandbox, HERE)).tasks.find(({ id }) => id === "role");
    expect(planned).toMatchObject({ verdict: "update", changes: [{ field: `tag ${REGION_TAG}`, to: "us-east-1" }] });
    expect((await createOn(sandbox, HERE)).failed).toBe(false);
    expect(await regionTagOf(sandbox, "machines")).toBe("us-east-1");
    expect(new Set(Object.values(verdicts(await planOn(sandbox, HERE))))).toEqual(new Set(["unchanged"]));
  });

  it("go with a destroy in that region", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const before = await everything(sandbox);
    await createOn(sandbox, HERE);
    await forgetRegions(sandbox);
    expect((await remains(sandbox, HERE)).left).toEqual([]);
    expect(await everything(sandbox)).toEqual(before);
  });

  it("are nobody's while the stack stands in both", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, HERE);
    await createOn(sandbox, OTHER);
    await forgetRegions(sandbox);
    const refused = await createOn(sandbox, HERE);
    expect(refused.calls.changing).toBe(0);
    expect(refused.tasks.find(({ id }) => id === "role")?.error?.next).toContain(`give it the tag ${REGION_TAG}`);
    expect((await remains(sandbox, HERE)).standing?.map(({ id }) => id)).toContain("machines");
  });
});
