import { createHash } from "node:crypto";
import type {
  LaunchTemplateBlockDeviceMappingRequest,
  RequestLaunchTemplateData,
  ResponseLaunchTemplateData,
} from "@aws-sdk/client-ec2";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import type { LaunchTemplateDesired } from "./launch-template.ts";

/** Bridge containers are one hop further away: with a limit of 1 they get no credentials. */
const METADATA_HOPS = 2;

/** Resources that EC2 puts the tags of a template on. */
const TAGGED = ["instance", "volume"] as const;

/** What a version of a template says, field by field, in a form that two of them can be compared in. */
export type TemplateFields = Readonly<Record<string, string>>;

/** A version as EC2 takes it. */
export function toData(desired: LaunchTemplateDesired, ownership: Tags): RequestLaunchTemplateData {
  const tags = toTagList({ ...desired.instanceTags, ...ownership });
  return {
    ImageId: desired.image.imageId,
    InstanceType: desired.instanceType as NonNullable<RequestLaunchTemplateData["InstanceType"]>,
    SecurityGroupIds: [...desired.securityGroups],
    IamInstanceProfile: { Name: desired.instanceProfile },
    // The SDK sends user data as it is given; EC2 wants base64.
    UserData: Buffer.from(desired.userData).toString("base64"),
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: METADATA_HOPS },
    BlockDeviceMappings: [rootMapping(desired)],
    TagSpecifications: TAGGED.map((ResourceType) => ({ ResourceType, Tags: tags })),
  };
}

function rootMapping({ image, rootVolume }: LaunchTemplateDesired): LaunchTemplateBlockDeviceMappingRequest {
  const VolumeSize = Math.max(rootVolume.size, image.snapshotSize);
  return {
    DeviceName: image.rootDevice,
    Ebs: { VolumeSize, VolumeType: rootVolume.type, DeleteOnTermination: true },
  };
}

/**
 * Fields of a version. The image is not among them: a newer one behind the same parameter is no difference, as it is none
 * for an instance; the next version that is made for another reason takes it along.
 */
export function fieldsOf(data: RequestLaunchTemplateData | ResponseLaunchTemplateData | undefined): TemplateFields {
  const { IamInstanceProfile: profile, MetadataOptions: metadata, UserData = "" } = data ?? {};
  const tags = (data?.TagSpecifications ?? []).flatMap(({ ResourceType, Tags }) =>
    Object.entries(fromTagList(Tags))
      .filter(([key]) => !key.startsWith("bia-infra:"))
      .map(([key, value]) => [`tag ${key} of the ${ResourceType}`, value] as const),
  );
  const volumes = (data?.BlockDeviceMappings ?? []).map(
    ({ DeviceName, Ebs }) => [`volume ${DeviceName}`, `${Ebs?.VolumeSize} GiB ${Ebs?.VolumeType}`] as const,
  );
  const fields: Record<string, string | undefined> = {
    instanceType: data?.InstanceType,
    securityGroups: [...(data?.SecurityGroupIds ?? [])].sort().join(" "),
    instanceProfile: profile?.Name ?? profile?.Arn?.slice(profile.Arn.lastIndexOf("/") + 1),
    keyPair: data?.KeyName,
    userData: digest(Buffer.from(UserData, "base64")),
    "metadataOptions.httpTokens": metadata?.HttpTokens ?? "optional",
    "metadataOptions.httpPutResponseHopLimit": `${metadata?.HttpPutResponseHopLimit ?? 1}`,
    ...Object.fromEntries([...volumes, ...tags]),
  };
  const known = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(known) as TemplateFields;
}

/** Enough to tell two scripts apart, and nothing of what is in them. */
function digest(script: Buffer): string | undefined {
  if (script.length === 0) return undefined;
  return `a script of ${script.length} bytes (${createHash("sha256").update(script).digest("hex").slice(0, 8)})`;
}
