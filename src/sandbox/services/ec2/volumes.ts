import { AwsError } from "../../wire/service.ts";
import { checkVolume, defaultIops } from "../../world/ec2/block-devices.ts";
import { invalidValue } from "../../world/ec2/refusals.ts";
import { recordOf, recordsOf } from "../../world/ec2/resource-ids.ts";
import type { Volume, VolumeModification } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { type Filters, filtered, paged, tagFilters } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

/** A volume takes so many modifications in so long (EBS User Guide, "Modify a volume using Elastic Volumes"). */
const MODIFICATIONS = { most: 4, withinMs: 24 * 3600 * 1000 };

const FILTERS: Filters<Volume> = {
  "volume-id": ({ VolumeId }) => VolumeId,
  "volume-type": ({ VolumeType }) => VolumeType,
  "attachment.delete-on-termination": ({ Attachments }) => Attachments.map((one) => one.DeleteOnTermination),
  "attachment.device": ({ Attachments }) => Attachments.map(({ Device }) => Device),
  "attachment.instance-id": ({ Attachments }) => Attachments.map(({ InstanceId }) => InstanceId),
  "attachment.status": ({ Attachments }) => Attachments.map(({ State }) => State),
  "availability-zone": ({ AvailabilityZone }) => AvailabilityZone,
  encrypted: ({ Encrypted }) => Encrypted,
  size: ({ Size }) => Size,
  "snapshot-id": ({ SnapshotId }) => SnapshotId,
  status: ({ State }) => State,
  ...tagFilters(({ Tags }) => Tags),
};

const MODIFICATION_FILTERS: Filters<VolumeModification> = {
  "volume-id": ({ VolumeId }) => VolumeId,
  "modification-state": ({ ModificationState }) => ModificationState,
  "original-size": ({ OriginalSize }) => OriginalSize,
  "original-volume-type": ({ OriginalVolumeType }) => OriginalVolumeType,
  "target-size": ({ TargetSize }) => TargetSize,
  "target-volume-type": ({ TargetVolumeType }) => TargetVolumeType,
};

/** Volumes. */
export function volumeOperations(world: World): Ec2Operations {
  return {
    DescribeVolumes: reading(["VolumeIds", "Filters", "NextToken", "MaxResults"], (input, { region }) => {
      const { volumes } = world.region(region).ec2;
      const all = input.VolumeIds?.length ? recordsOf("volume", volumes, input.VolumeIds) : volumes.all();
      const { items, ...rest } = paged(filtered(all, input.Filters, FILTERS), input, world.pageSize, input.VolumeIds);
      return { Volumes: items, ...rest };
    }),

    DeleteVolume: changing(["VolumeId"], ({ VolumeId = "" }, { region }) => {
      const { volumes } = world.region(region).ec2;
      const { Attachments } = recordOf("volume", volumes, VolumeId);
      const [attachment] = Attachments;
      if (attachment) {
        throw new AwsError("VolumeInUse", `Volume ${VolumeId} is currently attached to ${attachment.InstanceId}`);
      }
      return () => {
        volumes.delete(VolumeId);
        return {};
      };
    }),

    ModifyVolume: changing(["VolumeId", "Size", "VolumeType", "Iops", "Throughput"], (input, { region }) => {
      const { volumes, volumeModifications } = world.region(region).ec2;
      const { VolumeId = "" } = input;
      const volume = recordOf("volume", volumes, VolumeId);
      const lately = modifiedLately(world, VolumeId, volumeModifications.get(VolumeId));
      const type = input.VolumeType ?? volume.VolumeType;
      const size = input.Size ?? volume.Size;
      if (size < volume.Size) throw invalidValue("New size cannot be smaller than existing size");
      checkVolume({ size, type, iops: input.Iops, throughput: input.Throughput });
      return () => {
        const isSameType = type === volume.VolumeType;
        const TargetIops = input.Iops ?? (isSameType && type !== "gp2" ? volume.Iops : defaultIops(type, size));
        const TargetThroughput = type === "gp3" ? (input.Throughput ?? volume.Throughput ?? 125) : undefined;
        const VolumeModification = volumeModifications.put({
          VolumeId,
          ModificationState: "modifying",
          OriginalSize: volume.Size,
          OriginalVolumeType: volume.VolumeType,
          OriginalIops: volume.Iops,
          OriginalThroughput: volume.Throughput,
          TargetSize: size,
          TargetVolumeType: type,
          TargetIops,
          TargetThroughput,
          Progress: 0,
          StartTime: world.now(),
          hidden: { lately: [...lately, world.now()] },
        });
        return { VolumeModification: shapeOf(VolumeModification) };
      };
    }),

    DescribeVolumesModifications: reading(["VolumeIds", "Filters", "NextToken", "MaxResults"], (input, { region }) => {
      const { volumes, volumeModifications } = world.region(region).ec2;
      const ids = input.VolumeIds;
      if (ids?.length) recordsOf("volume", volumes, ids);
      const all = volumeModifications.filter(({ VolumeId }) => !ids?.length || ids.includes(VolumeId));
      const missing = ids?.find((id) => !all.some(({ VolumeId }) => VolumeId === id));
      if (missing) {
        throw new AwsError(
          "InvalidVolumeModification.NotFound",
          `Modification for volume '${missing}' does not exist.`,
        );
      }
      const { items, ...rest } = paged(filtered(all, input.Filters, MODIFICATION_FILTERS), input, world.pageSize);
      return { VolumesModifications: items.map(shapeOf), ...rest };
    }),
  };
}

/**
 * When the volume was modified in the last 24 hours.
 *
 * @throws AwsError while a modification is under way, or if there were as many as AWS takes
 */
function modifiedLately(world: World, volumeId: string, last: VolumeModification | undefined): Date[] {
  if (last && last.ModificationState !== "completed") {
    throw new AwsError(
      "IncorrectModificationState",
      `Volume ${volumeId} cannot be modified in modification state ${last.ModificationState.toUpperCase()}`,
    );
  }
  const since = world.now().getTime() - MODIFICATIONS.withinMs;
  const lately = (last?.hidden?.lately ?? []).filter((at) => at.getTime() > since);
  if (lately.length < MODIFICATIONS.most) return lately;
  throw new AwsError(
    "VolumeModificationRateExceeded",
    "You've reached the maximum modification rate per volume limit.",
  );
}

function shapeOf({ hidden: _hidden, ...shape }: VolumeModification) {
  return shape;
}
