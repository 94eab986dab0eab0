import {
  DeleteVolumeCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  type EC2Client,
  ModifyVolumeCommand,
  type ModifyVolumeCommandInput,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";
import { launch } from "./fixtures.ts";

const modify = (ec2: EC2Client, input: ModifyVolumeCommandInput) => ec2.send(new ModifyVolumeCommand(input));

async function withVolume() {
  const clients = await clientsOf({ delays: "real" });
  await launch(clients.ec2);
  const { Volumes } = await clients.ec2.send(new DescribeVolumesCommand({}));
  return { ...clients, VolumeId: Volumes?.[0]?.VolumeId ?? "" };
}

test("a volume is modified in steps, and is what was asked for while it is still being optimised", async () => {
  const { ec2, world, VolumeId } = await withVolume();
  const state = async () => {
    const found = await ec2.send(new DescribeVolumesModificationsCommand({ VolumeIds: [VolumeId] }));
    return found.VolumesModifications?.[0]?.ModificationState;
  };
  const volume = async () => (await ec2.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }))).Volumes?.[0];
  await modify(ec2, { VolumeId, Size: 20, VolumeType: "gp2" });
  expect(await state()).toBe("modifying");
  expect(await volume()).toMatchObject({ Size: 8, VolumeType: "gp3" });
  await world.clock.advance(15_000);
  expect(await state()).toBe("optimizing");
  expect(await volume()).toMatchObject({ Size: 20, VolumeType: "gp2" });
  await world.clock.advance(600_000);
  expect(await state()).toBe("completed");
});

test("a volume cannot shrink, or become what EBS does not have", async () => {
  const { ec2, VolumeId } = await withVolume();
  expect(await refusal(modify(ec2, { VolumeId, Size: 4 }))).toBe(
    "InvalidParameterValue: New size cannot be smaller than existing size",
  );
  expect(await refusal(modify(ec2, { VolumeId, Size: 70_000 }))).toMatch(/^InvalidParameterValue: /);
});

test("a volume is modified again when the last modification is completed, and four times in 24 hours", async () => {
  const { ec2, world, VolumeId } = await withVolume();
  const hours = (count: number) => world.clock.advance(count * 3600 * 1000);
  await modify(ec2, { VolumeId, Size: 20 });
  const refused = (state: string) =>
    `IncorrectModificationState: Volume ${VolumeId} cannot be modified in modification state ${state}`;
  expect(await refusal(modify(ec2, { VolumeId, Size: 30 }))).toBe(refused("MODIFYING"));
  await world.clock.advance(15_000);
  expect(await refusal(modify(ec2, { VolumeId, Size: 30 }))).toBe(refused("OPTIMIZING"));
  for (const Size of [30, 40, 50]) {
    await hours(1);
    await modify(ec2, { VolumeId, Size });
  }
  await hours(1);
  expect(await refusal(modify(ec2, { VolumeId, Size: 60 }))).toMatch(
    /^VolumeModificationRateExceeded: You've reached the maximum modification rate per volume limit/,
  );
  await hours(20);
  await modify(ec2, { VolumeId, Size: 60 });
});

test("a volume in use cannot be deleted; one that is not there is not found", async () => {
  const { ec2, VolumeId } = await withVolume();
  const remove = (id: string) => refusal(ec2.send(new DeleteVolumeCommand({ VolumeId: id })));
  expect(await remove(VolumeId)).toMatch(/^VolumeInUse: /);
  expect(await remove("vol-0123456789abcdef0")).toBe(
    "InvalidVolume.NotFound: The volume 'vol-0123456789abcdef0' does not exist.",
  );
});
