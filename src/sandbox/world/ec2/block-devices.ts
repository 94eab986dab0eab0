import type { BlockDeviceMapping, Image, VolumeType } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { entry } from "../entry.ts";
import { honouring, invalidCombination, invalidValue, missingParameter } from "./refusals.ts";

/** A volume that an instance will get. */
export interface Device {
  readonly name: string;
  readonly size: number;
  readonly type: VolumeType;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly deleteOnTermination: boolean;
  readonly snapshotId: string | undefined;
  readonly encrypted: boolean;
}

/** Sizes in GiB by volume type (EBS, "Volume types"). */
const SIZES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  gp2: [1, 16384],
  gp3: [1, 65536],
  io1: [4, 16384],
  io2: [4, 65536],
  st1: [125, 16384],
  sc1: [125, 16384],
  standard: [1, 1024],
};
const GP3_IOPS: readonly [number, number] = [3000, 80000];
const GP3_THROUGHPUT: readonly [number, number] = [125, 2000];

/**
 * Volumes of a new instance: those of the image, changed or added to by the request.
 *
 * @throws AwsError if a volume is smaller than its snapshot, or is none that EBS has
 */
export function devicesFor(image: Image, mappings: readonly BlockDeviceMapping[] = []): Device[] {
  const devices = new Map((image.BlockDeviceMappings ?? []).map((one) => [one.DeviceName ?? "", one]));
  const named = new Set<string>();
  for (const mapping of mappings) {
    honouring(mapping, ["DeviceName", "Ebs", "NoDevice"], "BlockDeviceMappings");
    const { DeviceName, Ebs, NoDevice } = mapping;
    if (!DeviceName) throw missingParameter("deviceName");
    if (named.has(DeviceName)) {
      throw new AwsError(
        "InvalidBlockDeviceMapping",
        `The device '${DeviceName}' is used in more than one block-device mapping`,
      );
    }
    named.add(DeviceName);
    if (NoDevice !== undefined) devices.delete(DeviceName);
    else devices.set(DeviceName, { DeviceName, Ebs: { ...devices.get(DeviceName)?.Ebs, ...Ebs } });
    honouring(
      Ebs,
      ["VolumeSize", "VolumeType", "DeleteOnTermination", "Iops", "Throughput", "Encrypted", "SnapshotId"],
      "BlockDeviceMappings.Ebs",
    );
  }
  const snapshots = new Map(
    (image.BlockDeviceMappings ?? []).map(({ Ebs }) => [Ebs?.SnapshotId ?? "", Ebs?.VolumeSize ?? 0]),
  );
  const asked = (name: string) => mappings.find(({ DeviceName }) => DeviceName === name)?.Ebs;
  return [...devices.values()].map(({ DeviceName = "", Ebs = {} }) =>
    deviceOf(DeviceName, withoutForeignSpeed(Ebs, asked(DeviceName)), snapshots),
  );
}

/** The image's IOPS and throughput are those of its own volume type; they do not carry over to another. */
function withoutForeignSpeed(
  merged: NonNullable<BlockDeviceMapping["Ebs"]>,
  asked: BlockDeviceMapping["Ebs"],
): NonNullable<BlockDeviceMapping["Ebs"]> {
  return { ...merged, Iops: asked?.Iops, Throughput: asked?.Throughput };
}

function deviceOf(
  name: string,
  ebs: NonNullable<BlockDeviceMapping["Ebs"]>,
  snapshots: ReadonlyMap<string, number>,
): Device {
  const { SnapshotId, VolumeType: type = "gp2", Iops, Throughput } = ebs;
  const least = SnapshotId === undefined ? undefined : snapshots.get(SnapshotId);
  if (SnapshotId !== undefined && least === undefined) {
    throw new AwsError("InvalidSnapshot.NotFound", `The snapshot '${SnapshotId}' does not exist.`);
  }
  const size = ebs.VolumeSize ?? least;
  if (size === undefined) throw missingParameter("size or snapshotId");
  checkVolume({ size, type, iops: Iops, throughput: Throughput });
  if (least !== undefined && size < least) {
    throw new AwsError(
      "InvalidBlockDeviceMapping",
      `Volume of size ${size}GB is smaller than snapshot '${SnapshotId}', expect size >= ${least}GB`,
    );
  }
  return {
    name,
    size,
    type,
    iops: Iops ?? defaultIops(type, size),
    throughput: type === "gp3" ? (Throughput ?? GP3_THROUGHPUT[0]) : undefined,
    deleteOnTermination: ebs.DeleteOnTermination ?? true,
    snapshotId: SnapshotId,
    encrypted: ebs.Encrypted ?? false,
  };
}

/** IOPS that a volume has if nobody says; undefined: it has no such number. */
export function defaultIops(type: string, size: number): number | undefined {
  if (type === "gp2") return Math.min(16000, Math.max(100, size * 3));
  return type === "gp3" ? GP3_IOPS[0] : undefined;
}

/** Throws if EBS has no such volume. */
export function checkVolume({
  size,
  type,
  iops,
  throughput,
}: {
  size: number;
  type: string;
  iops: number | undefined;
  throughput: number | undefined;
}): void {
  const sizes = entry(SIZES, type);
  if (!sizes) throw invalidValue(`Invalid value '${type}' for volumeType.`);
  if (size < sizes[0] || size > sizes[1]) {
    throw invalidValue(
      `Volume of ${size} GiB is invalid for volume type '${type}'; it must be between ${sizes[0]} and ${sizes[1]} GiB.`,
    );
  }
  if (iops !== undefined && !["io1", "io2", "gp3"].includes(type)) {
    throw invalidCombination(`The parameter iops is not supported for ${type} volumes.`);
  }
  if (iops === undefined && (type === "io1" || type === "io2")) {
    throw missingParameter("iops");
  }
  if (throughput !== undefined && type !== "gp3") {
    throw invalidCombination(`The parameter throughput is not supported for ${type} volumes.`);
  }
  if (type !== "gp3") return;
  checkRange("iops", iops, GP3_IOPS);
  checkRange("throughput", throughput, GP3_THROUGHPUT);
}

function checkRange(name: string, value: number | undefined, [least, most]: readonly [number, number]): void {
  if (value === undefined || (value >= least && value <= most)) return;
  throw invalidValue(`Volume ${name} of ${value} is not valid for gp3; it must be between ${least} and ${most}.`);
}
