import type { RunInstancesRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { place } from "../ec2/launch.ts";
import { checked, type Launch } from "../ec2/launch-request.ts";
import { templateOf, versionOf } from "../ec2/launch-templates.ts";
import { checkVcpus } from "../ec2/vcpu-quota.ts";
import { checkPlanAllowsMachine } from "../free-plan.ts";
import { newId } from "../ids.ts";
import type { AutoScalingGroup, Instance } from "../records.ts";
import type { Region, World } from "../world.ts";

/** The template that a group launches by, by id, and its version: a number, `$Latest` or `$Default`; absent: the default one. */
type Template = Pick<AutoScalingGroup["LaunchTemplate"], "LaunchTemplateId" | "Version">;

/** Tag of an instance of a group, which only AWS sets. */
export const GROUP_NAME_TAG = "aws:autoscaling:groupName";

/** What EC2 said to a launch that it refused. */
export interface Refused {
  readonly code: string;
  readonly message: string;
}

/** Looks through a launch into a subnet without launching anything. @throws AwsError with what EC2 would say */
export function checkedLaunch(world: World, region: Region, template: Template, subnetId: string): Launch {
  return checked(world, region, requestOf(region, template, subnetId));
}

/** Launches one instance for a group, as anybody would by ec2:RunInstances. */
export function launchFor(
  world: World,
  region: Region,
  group: AutoScalingGroup,
  { subnetId, addresses }: { readonly subnetId: string; readonly addresses: Iterator<string, undefined> },
): { readonly instance: Instance; readonly version: number } | Refused {
  const { LaunchTemplateId = "", Version } = group.LaunchTemplate;
  try {
    const refusal = world.faults.refusalWithin("ec2", "RunInstances");
    if (refusal) throw refusal;
    const launch = checkedLaunch(world, region, { LaunchTemplateId, Version }, subnetId);
    checkPlanAllowsMachine(world, launch.type.name);
    checkVcpus(world, region, launch.type, 1, 1);
    const address = addresses.next().value;
    if (address === undefined) {
      throw new AwsError(
        "InsufficientFreeAddressesInSubnet",
        `There are not enough free addresses in subnet '${subnetId}' to satisfy the requested number of instances.`,
      );
    }
    const { VersionNumber: version } = versionOf(region, templateOf(region, { LaunchTemplateId }), Version);
    const where = { account: world.account, reservationId: newId("r"), index: 0, address };
    return { instance: place(world, region, withGroupTags(launch, group), where), version };
  } catch (error) {
    if (error instanceof AwsError) return { code: error.code, message: error.message };
    throw error;
  }
}

function requestOf(region: Region, { LaunchTemplateId, Version }: Template, SubnetId: string): RunInstancesRequest {
  const data = versionOf(region, templateOf(region, { LaunchTemplateId }), Version).LaunchTemplateData;
  const [own, ...others] = data.NetworkInterfaces ?? [];
  const where = own ? { NetworkInterfaces: [{ ...own, SubnetId }, ...others] } : { SubnetId };
  const request = { LaunchTemplate: { LaunchTemplateId, Version }, MinCount: 1, MaxCount: 1, ...where };
  // A template's interfaces have the same members as those of RunInstances, but not the same type.
  return request as RunInstancesRequest;
}

/** Of two tags with one key the group's counts. Propagated tags are the instance's, not its volumes'. */
function withGroupTags(launch: Launch, { AutoScalingGroupName, Tags }: AutoScalingGroup): Launch {
  const propagated = Tags.filter(({ PropagateAtLaunch }) => PropagateAtLaunch);
  const ofGroup = [
    ...propagated.map(({ Key = "", Value = "" }) => ({ Key, Value })),
    { Key: GROUP_NAME_TAG, Value: AutoScalingGroupName },
  ];
  const keys = new Set(ofGroup.map(({ Key }) => Key));
  const instance = [...launch.tags.instance.filter(({ Key = "" }) => !keys.has(Key)), ...ofGroup];
  return { ...launch, tags: { ...launch.tags, instance } };
}
