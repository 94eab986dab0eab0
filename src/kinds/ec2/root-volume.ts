import {
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  type Instance as Ec2Instance,
  type Filter,
  ModifyVolumeCommand,
  type Volume,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { volumesIn } from "../../aws/listings.ts";
import { change } from "../../engine/change.ts";
import type { Change } from "../../engine/event.ts";
import { NotYetKnown } from "../../engine/resolve.ts";
import { type LaunchSettings, rootVolumeSize } from "./launch-settings.ts";

/** The disk that an instance starts from: as it is, or as it is about to be. */
export interface RootVolume {
  readonly volumeId: string;
  /** GiB. */
  readonly size: number;
  readonly type: string;
}

/** The root volume of an instance; undefined: it is not shown yet. */
export async function rootVolumeOf(
  aws: Aws,
  instance: Ec2Instance,
  desired: LaunchSettings,
): Promise<RootVolume | undefined> {
  const { RootDeviceName, BlockDeviceMappings = [] } = instance;
  const volumeId = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName)?.Ebs?.VolumeId;
  const volume = volumeId === undefined ? undefined : await volumeOf(aws, volumeId);
  if (volumeId === undefined || !volume) return undefined;
  const actual = { volumeId, size: volume.Size ?? 0, type: volume.VolumeType ?? "" };
  return isAsWanted(desired, actual) ? actual : { ...actual, ...(await comingOf(aws, volumeId)) };
}

/** The volume of this id; undefined: it is not shown yet. */
async function volumeOf({ ec2, shared }: Aws, volumeId: string): Promise<Volume | undefined> {
  if (shared.untouched) return (await volumesIn({ ec2, shared })).find(({ VolumeId }) => VolumeId === volumeId);
  return (await ec2.send(new DescribeVolumesCommand({ Filters: only(volumeId) }))).Volumes?.[0];
}

/**
 * DescribeVolumes has the new values only once the modification is being optimized (EBS User Guide, "Monitor the progress"). That
 * may have begun between the two looks, so the newest one counts in all states but `failed`.
 */
async function comingOf({ ec2 }: Aws, volumeId: string): Promise<Partial<RootVolume>> {
  const request = new DescribeVolumesModificationsCommand({ Filters: only(volumeId) });
  const { VolumesModifications = [] } = await ec2.send(request);
  const coming = VolumesModifications.find(({ ModificationState }) => ModificationState !== "failed");
  return {
    ...(coming?.TargetSize !== undefined && { size: coming.TargetSize }),
    ...(coming?.TargetVolumeType !== undefined && { type: coming.TargetVolumeType }),
  };
}

/** By filters: of an id that is not there yet, the calls themselves would be refused. */
function only(volumeId: string): Filter[] {
  return [{ Name: "volume-id", Values: [volumeId] }];
}

/** Then nothing that is under way is of interest. */
function isAsWanted(desired: LaunchSettings, actual: RootVolume): boolean {
  return actual.size >= leastSize(desired) && actual.type === desired.rootVolume.type;
}

/** A look does not wait for the image, and a machine whose image cannot be found is still to be found. */
function leastSize(desired: LaunchSettings): number {
  try {
    return rootVolumeSize(desired);
  } catch (error) {
    if (error instanceof NotYetKnown) return desired.rootVolume.size;
    throw error;
  }
}

const SMALLER = { left: "a disk never shrinks, so the size asked for is the least" };
const LARGER = { takes: "the file system follows when the machine starts the next time" };

/** What differs of a root volume. */
export function rootVolumeChanges(desired: LaunchSettings, actual: RootVolume | undefined): Change[] {
  if (actual === undefined) return [];
  const wanted = rootVolumeSize(desired);
  return [
    ...change("rootVolume.size", `${actual.size} GiB`, `${wanted} GiB`, actual.size > wanted ? SMALLER : LARGER),
    ...change("rootVolume.type", actual.type, desired.rootVolume.type),
  ];
}

/** Makes a root volume as it is wanted, in one call: EC2 takes the next one only hours later (ec2:ModifyVolume). */
export async function modifyRootVolume({ ec2 }: Aws, desired: LaunchSettings, actual: RootVolume): Promise<void> {
  const Size = Math.max(rootVolumeSize(desired), actual.size);
  await ec2.send(new ModifyVolumeCommand({ VolumeId: actual.volumeId, Size, VolumeType: desired.rootVolume.type }));
}
