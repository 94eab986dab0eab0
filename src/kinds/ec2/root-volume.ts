import {
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  type Instance as Ec2Instance,
  ModifyVolumeCommand,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { change } from "../../engine/change.ts";
import type { Change } from "../../engine/event.ts";
import { type LaunchSettings, rootVolumeSize } from "./launch-settings.ts";

/** The disk that an instance starts from: as it is, or as it is about to be. */
export interface RootVolume {
  readonly volumeId: string;
  /** GiB. */
  readonly size: number;
  readonly type: string;
}

/** The root volume of an instance; undefined: it is not shown yet. */
export async function rootVolumeOf({ ec2 }: Aws, instance: Ec2Instance): Promise<RootVolume | undefined> {
  const { RootDeviceName, BlockDeviceMappings = [] } = instance;
  const volumeId = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName)?.Ebs?.VolumeId;
  if (volumeId === undefined) return undefined;
  // By filters: of an id that is not there yet, the calls themselves would be refused.
  const Filters = [{ Name: "volume-id", Values: [volumeId] }];
  const [{ Volumes }, { VolumesModifications }] = await Promise.all([
    ec2.send(new DescribeVolumesCommand({ Filters })),
    ec2.send(new DescribeVolumesModificationsCommand({ Filters })),
  ]);
  const volume = Volumes?.[0];
  if (!volume) return undefined;
  // DescribeVolumes has the new values only once the modification is being optimized (EBS User Guide, "Monitor the progress").
  const coming = VolumesModifications?.find(({ ModificationState }) => ModificationState === "modifying");
  return {
    volumeId,
    size: coming?.TargetSize ?? volume.Size ?? 0,
    type: coming?.TargetVolumeType ?? volume.VolumeType ?? "",
  };
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
