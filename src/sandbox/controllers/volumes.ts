import type { VolumeModification } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Carries out modifications of volumes: what is new holds from `optimizing` on. */
export function controlVolumes(world: World): void {
  function react(region: Region, { VolumeId, ModificationState }: VolumeModification): void {
    if (ModificationState === "modifying") {
      world.at(world.later("volume optimizing"), () => apply(region, VolumeId));
    } else if (ModificationState === "optimizing") {
      world.at(world.later("volume modified"), () => complete(region, VolumeId));
    }
  }

  function apply(region: Region, volumeId: string): void {
    const { volumes, volumeModifications } = region.ec2;
    const modification = volumeModifications.get(volumeId);
    if (modification?.ModificationState !== "modifying") return;
    const { TargetSize, TargetVolumeType, TargetIops, TargetThroughput } = modification;
    volumes.update(volumeId, (draft) => {
      draft.Size = TargetSize ?? draft.Size;
      draft.VolumeType = TargetVolumeType ?? draft.VolumeType;
      draft.Iops = TargetIops;
      draft.Throughput = TargetThroughput;
    });
    volumeModifications.put({ ...modification, ModificationState: "optimizing", Progress: 50 });
  }

  function complete(region: Region, volumeId: string): void {
    region.ec2.volumeModifications.update(volumeId, (draft) => {
      draft.ModificationState = "completed";
      draft.Progress = 100;
      draft.EndTime = world.now();
    });
  }

  world.watch("ec2", "volumeModifications", (region, { before, after }) => {
    if (after && after.ModificationState !== before?.ModificationState) react(region, after);
  });
  world.watch("ec2", "volumes", (region, { key, after }) => {
    if (!after) region.ec2.volumeModifications.delete(key);
  });
  for (const region of world.regions()) {
    for (const modification of region.ec2.volumeModifications.all()) react(region, modification);
  }
}
