import { AwsError } from "../../wire/service.ts";
import { type InstanceType, instanceType } from "../catalogue/instance-types.ts";
import type { Region, World } from "../world.ts";

/** States in which an instance's vCPUs are counted: all but those of one that is stopped or terminated. */
const COUNTED = ["pending", "running", "stopping", "shutting-down"];

/** vCPUs of the region's instances as the quota counts them (Service Quotas, L-1216C47A); all types here are in its bucket. */
export function vcpusInUse({ ec2 }: Region): number {
  const counted = ec2.instances.filter(({ State }) => COUNTED.includes(State.Name ?? ""));
  return counted.reduce((sum, { InstanceType }) => sum + (instanceType(InstanceType)?.vcpus ?? 0), 0);
}

/**
 * How many instances of a type the quota lets run, of those that are wanted.
 *
 * @throws AwsError if that is not even the fewest that will do
 */
export function checkVcpus(world: World, region: Region, type: InstanceType, fewest: number, most: number): number {
  const room = Math.floor((world.quotas.vcpus - vcpusInUse(region)) / type.vcpus);
  if (room >= fewest) return Math.min(room, most);
  throw new AwsError(
    "VcpuLimitExceeded",
    `You have requested more vCPU capacity than your current vCPU limit of ${world.quotas.vcpus} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`,
  );
}
