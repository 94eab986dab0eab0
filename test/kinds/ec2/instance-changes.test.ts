import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  ModifyVolumeCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { type Stack, task } from "../../../src/engine/task.ts";
import { defaultVpc } from "../../../src/kinds/ec2/default-vpc.ts";
import { image } from "../../../src/kinds/ec2/image.ts";
import { instance } from "../../../src/kinds/ec2/instance.ts";
import type { InstanceDesired } from "../../../src/kinds/ec2/launch.ts";
import { securityGroup } from "../../../src/kinds/ec2/security-group.ts";
import { instanceProfile } from "../../../src/kinds/iam/instance-profile.ts";
import { role } from "../../../src/kinds/iam/role.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientsOf, createOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";

const AMAZON_LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
const AMAZON_LINUX_ARM = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64";

/** One machine with all that it needs. */
function stackWith(more: Partial<Omit<InstanceDesired, "image">> = {}, parameter = AMAZON_LINUX): Stack {
  const vpc = task("vpc", "default VPC", defaultVpc, { zones: ["us-east-1a"] });
  const group = task("group", "security group", securityGroup, {
    name: "machine",
    description: "of the machine",
    vpcId: vpc.out(({ vpcId }) => vpcId),
    ingress: [],
    tags: {},
  });
  const machineRole = task("role", "role", role, {
    name: "machine",
    service: "ec2.amazonaws.com",
    managedPolicies: [],
  });
  const profile = task("profile", "profile", instanceProfile, {
    name: "machine",
    role: machineRole.out((one) => one.name),
  });
  const linux = task("image", "image", image, { parameter });
  const machine = task("machine", "machine", instance, {
    name: "machine",
    instanceType: "t3.micro",
    image: linux.out((found) => found),
    subnetId: vpc.out(({ subnets }) => subnets["us-east-1a"] ?? ""),
    securityGroups: [group.out(({ groupId }) => groupId)],
    instanceProfile: profile.out(({ name }) => name),
    instanceProfileId: profile.out(({ id }) => id),
    rootVolume: { size: 15, type: "gp2" },
    userData: "#!/bin/bash\necho one\n",
    ...more,
  });
  const tasks = [vpc, group, machineRole, profile, linux, machine];
  return { name: "bia", stages: [{ name: "1", title: "a machine", tasks, outputs: {}, costs: [] }] };
}

async function machineOn(sandbox: RunningSandbox) {
  const { ec2, close } = clientsOf(sandbox);
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({}));
  close();
  const all = (Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
  return { instances: all.map(({ InstanceId }) => InstanceId), machine: all[0], volume: Volumes?.[0] };
}

async function machineIn(run: ReturnType<typeof createOn>) {
  return (await run).tasks.find(({ id }) => id === "machine");
}

describe("a machine", () => {
  it("is given another type: stopped, changed, started; a plan says what that takes", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const before = await machineOn(sandbox);
    const larger = { stack: stackWith({ instanceType: "t3.small" }) };
    expect(await machineIn(planOn(sandbox, larger))).toMatchObject({
      verdict: "update",
      changes: [{ field: "instanceType", from: "t3.micro", to: "t3.small", takes: expect.stringContaining("stopped") }],
    });
    expect(await machineIn(createOn(sandbox, larger))).toMatchObject({ verdict: "update" });
    const after = await machineOn(sandbox);
    expect(after.instances).toEqual(before.instances);
    expect(after.machine).toMatchObject({ InstanceType: "t3.small", State: { Name: "running" } });
    expect((await createOn(sandbox, larger)).calls.changing).toBe(0);
  });

  it("is given its type where an earlier run had only stopped it", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const { ec2, close } = clientsOf(sandbox);
    await ec2.send(new StopInstancesCommand({ InstanceIds: [(await machineOn(sandbox)).instances[0] ?? ""] }));
    close();
    expect(await machineIn(createOn(sandbox, { stack: stackWith({ instanceType: "t3.small" }) }))).toMatchObject({
      verdict: "update",
    });
    expect((await machineOn(sandbox)).machine).toMatchObject({ InstanceType: "t3.small", State: { Name: "running" } });
  });

  it("runs again after AWS has refused the type", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const message = "The specified instance type is not eligible for Free Tier.";
    const effect = { error: { code: "InvalidParameterCombination", message } };
    sandbox.world.faults.set([{ operation: "ec2:ModifyInstanceAttribute", effect }]);
    const refused = await machineIn(createOn(sandbox, { stack: stackWith({ instanceType: "t3.large" }) }));
    expect(refused?.error?.why).toContain(message);
    sandbox.world.faults.set([]);
    expect(await machineIn(createOn(sandbox, { stack: stackWith() }))).toMatchObject({ verdict: "unchanged" });
    expect((await machineOn(sandbox)).machine).toMatchObject({ InstanceType: "t3.micro", State: { Name: "running" } });
  });

  it("of another architecture has to be made anew: its disk could not start", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const arm = { stack: stackWith({ instanceType: "t4g.micro" }, AMAZON_LINUX_ARM) };
    expect((await machineIn(createOn(sandbox, arm)))?.error?.why).toContain("instanceType from t3.micro to t4g.micro");
  });

  it("has its disk grow, and its type changed, in one call of AWS; the next look finds nothing to do", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const larger = { stack: stackWith({ rootVolume: { size: 30, type: "gp3" } }) };
    expect((await machineIn(planOn(sandbox, larger)))?.changes?.map(({ field }) => field)).toEqual([
      "rootVolume.size",
      "rootVolume.type",
    ]);
    const created = await createOn(sandbox, larger);
    expect(verdicts(created)).toMatchObject({ machine: "update" });
    expect(created.byOperation["ec2:ModifyVolume"]).toBe(1);
    expect((await createOn(sandbox, larger)).calls.changing).toBe(0);
  });

  it("waits for nothing, and changes nothing twice, while EC2 carries out what its disk was asked for", async () => {
    const sandbox = await sandboxForTest({ delays: "real", speed: 100 });
    await createOn(sandbox, { stack: stackWith() });
    const larger = { stack: stackWith({ rootVolume: { size: 30, type: "gp2" } }) };
    expect(await machineIn(createOn(sandbox, larger))).toMatchObject({ verdict: "update" });
    expect(await machineIn(planOn(sandbox, larger))).toMatchObject({ verdict: "unchanged" });
  });

  it("whose disk EC2 takes no change of yet says when it will", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const withDisk = (size: number) => createOn(sandbox, { stack: stackWith({ rootVolume: { size, type: "gp2" } }) });
    // A volume takes four changes in 24 hours (ec2:ModifyVolume).
    for (const size of [20, 21, 22, 23, 24]) await withDisk(size);
    const failed = await machineIn(withDisk(30));
    expect(failed?.error).toMatchObject({ next: expect.stringContaining("four changes in 24 hours") });
  });

  it("has a larger disk, and other user data, left as they are with a note", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack: stackWith() });
    const { ec2, close } = clientsOf(sandbox);
    await ec2.send(new ModifyVolumeCommand({ VolumeId: (await machineOn(sandbox)).volume?.VolumeId ?? "", Size: 40 }));
    close();
    const other = { stack: stackWith({ userData: "#!/bin/bash\necho two\n" }) };
    const left = [
      { field: "rootVolume.size", from: "40 GiB", to: "15 GiB" },
      { field: "userData", needsReplacement: true },
    ];
    expect(await machineIn(planOn(sandbox, other))).toMatchObject({ verdict: "unchanged", left });
    const created = await createOn(sandbox, other);
    expect(created.tasks.find(({ id }) => id === "machine")).toMatchObject({ verdict: "unchanged", left });
    expect(created.calls.changing).toBe(0);
  });
});
