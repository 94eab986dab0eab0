import type { RequestLaunchTemplateData } from "@aws-sdk/client-ec2";
import { type Tags, toTagList } from "../../aws/tags.ts";
import type { Image } from "./image.ts";

/** What an instance is launched with, by itself or by a launch template. */
export interface LaunchSettings {
  /** What it is made from; an instance keeps its image when a newer one comes out. */
  readonly image: Pick<Image, "imageId" | "architecture" | "rootDevice" | "snapshotSize">;
  readonly instanceType: string;
  /** Ids. */
  readonly securityGroups: readonly string[];
  /** Name of the instance profile. */
  readonly instanceProfile: string;
  /** Size in GiB; at least that of the image's snapshot is used. */
  readonly rootVolume: { readonly size: number; readonly type: "gp2" | "gp3" };
  /** Script that runs as root at the first boot, in plain text. */
  readonly userData: string;
}

/** Bridge containers are one hop further away: with a limit of 1 they get no credentials. */
export const METADATA_OPTIONS = { HttpTokens: "required", HttpPutResponseHopLimit: 2 } as const;

/** Resources that the tags of a launch are put on. */
const TAGGED = ["instance", "volume"] as const;

/** GiB of the root volume: never less than the image's snapshot. */
export function rootVolumeSize({ image, rootVolume }: Pick<LaunchSettings, "image" | "rootVolume">): number {
  return Math.max(rootVolume.size, image.snapshotSize);
}

/** The settings as ec2:RunInstances and ec2:CreateLaunchTemplate take them. */
export function toAws({ image, rootVolume, ...settings }: LaunchSettings, tags: Tags) {
  return {
    ImageId: image.imageId,
    InstanceType: settings.instanceType as NonNullable<RequestLaunchTemplateData["InstanceType"]>,
    SecurityGroupIds: [...settings.securityGroups],
    IamInstanceProfile: { Name: settings.instanceProfile },
    UserData: toBase64(settings.userData),
    MetadataOptions: METADATA_OPTIONS,
    BlockDeviceMappings: [
      {
        DeviceName: image.rootDevice,
        Ebs: {
          VolumeSize: rootVolumeSize({ image, rootVolume }),
          VolumeType: rootVolume.type,
          DeleteOnTermination: true,
        },
      },
    ],
    TagSpecifications: TAGGED.map((ResourceType) => ({ ResourceType, Tags: toTagList(tags) })),
  } satisfies RequestLaunchTemplateData;
}

/** User data as EC2 takes it: the SDK sends it as it is given. */
export function toBase64(userData: string): string {
  return Buffer.from(userData).toString("base64");
}
