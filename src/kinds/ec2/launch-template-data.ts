import type { RequestLaunchTemplateData, ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import { nameIn } from "../../aws/arn.ts";
import { fromTagList } from "../../aws/tags.ts";
import { type Fields, listed } from "../../engine/change.ts";
import { userDataDigest } from "./user-data-digest.ts";

/**
 * Fields of a version. The image is not among them: a newer one behind the same parameter is no difference, as it is none
 * for an instance; the next version that is made for another reason takes it along.
 */
export function fieldsOf(data: RequestLaunchTemplateData | ResponseLaunchTemplateData | undefined): Fields {
  const { IamInstanceProfile: profile, MetadataOptions: metadata, UserData } = data ?? {};
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
    securityGroups: data?.SecurityGroupIds?.length ? listed(data.SecurityGroupIds) : undefined,
    instanceProfile: profile?.Name ?? (profile?.Arn && nameIn(profile.Arn)),
    keyPair: data?.KeyName,
    userData: userDataDigest(UserData),
    "metadataOptions.httpTokens": metadata?.HttpTokens ?? "optional",
    "metadataOptions.httpPutResponseHopLimit": `${metadata?.HttpPutResponseHopLimit ?? 1}`,
    ...Object.fromEntries([...volumes, ...tags]),
  };
  const known = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(known) as Fields;
}
