import type { RequestLaunchTemplateData, ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import { honouring, missingParameter } from "../../world/ec2/refusals.ts";

const MEMBERS = [
  "BlockDeviceMappings",
  "DisableApiTermination",
  "EbsOptimized",
  "IamInstanceProfile",
  "ImageId",
  "InstanceInitiatedShutdownBehavior",
  "InstanceType",
  "KeyName",
  "MetadataOptions",
  "Monitoring",
  "NetworkInterfaces",
  "Placement",
  "SecurityGroupIds",
  "SecurityGroups",
  "TagSpecifications",
  "UserData",
];

/**
 * What a version of a template holds. EC2 hardly looks at it: an image, a group or a key pair that is not there is only
 * found when something is launched by it.
 */
export function checkedData(data: RequestLaunchTemplateData | undefined): ResponseLaunchTemplateData {
  if (!data || Object.values(data).every((value) => value === undefined)) throw missingParameter("LaunchTemplateData");
  honouring(data, MEMBERS, "LaunchTemplateData");
  return data as ResponseLaunchTemplateData;
}
