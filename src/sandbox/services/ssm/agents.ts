import type { InstanceInformationStringFilter } from "@aws-sdk/client-ssm";
import { AwsError } from "../../wire/service.ts";
import { roleNameOf } from "../../world/ec2/instance-profiles.ts";
import { entry } from "../../world/entry.ts";
import type { Agent } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { paged, type SsmOperations } from "./operation.ts";

/** Instances whose agent has registered. */
export function agentOperations(world: World): SsmOperations {
  return {
    DescribeInstanceInformation: {
      accepts: ["Filters", "InstanceInformationFilterList", "NextToken", "MaxResults"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { Filters = [], InstanceInformationFilterList = [] } = input;
        if (Filters.length > 0 && InstanceInformationFilterList.length > 0) {
          throw new AwsError(
            "InvalidInstanceInformationFilterValue",
            "You can't specify both Filters and InstanceInformationFilterList.",
          );
        }
        const filters = [
          ...Filters,
          ...InstanceInformationFilterList.map(({ key, valueSet }) => ({ Key: key, Values: valueSet })),
        ];
        const found = filters.reduce(
          (left, filter) => left.filter(test(world, region, filter)),
          region.ssm.agents.all(),
        );
        const { items, ...rest } = paged(found, input, { usual: world.pageSize, most: 50 });
        const InstanceInformationList = items.map((agent) => ({
          ...agent,
          // An agent pings every few minutes; one that is online has just done so.
          ...(agent.PingStatus === "Online" && { LastPingDateTime: world.now() }),
        }));
        return { InstanceInformationList, ...rest };
      },
    },
  };
}

function test(
  world: World,
  region: Region,
  { Key = "", Values = [] }: Partial<InstanceInformationStringFilter>,
): (agent: Agent) => boolean {
  const tagsOf = ({ InstanceId }: Agent) => region.ec2.instances.get(InstanceId)?.Tags ?? [];
  if (Key === "tag-key") return (agent) => tagsOf(agent).some((tag) => Values.includes(tag.Key ?? ""));
  if (Key.startsWith("tag:")) {
    return (agent) => tagsOf(agent).some((tag) => `tag:${tag.Key}` === Key && Values.includes(tag.Value ?? ""));
  }
  if (Key === "IamRole") return ({ InstanceId }) => Values.includes(roleNameOf(world, region, InstanceId) ?? "");
  const read = entry(READERS, Key);
  if (!read) throw new AwsError("InvalidFilterKey", `The specified key isn't valid: ${Key}`);
  return (agent) => Values.includes(read(agent) ?? "");
}

/** Filters by name, also by that which the older list of them has. Nothing here has an activation or an association. */
const READERS: Readonly<Record<string, (agent: Agent) => string | undefined>> = {
  InstanceIds: ({ InstanceId }) => InstanceId,
  PingStatus: ({ PingStatus }) => PingStatus,
  PlatformType: ({ PlatformType }) => PlatformType,
  PlatformTypes: ({ PlatformType }) => PlatformType,
  AgentVersion: ({ AgentVersion }) => AgentVersion,
  ResourceType: ({ ResourceType }) => ResourceType,
  SourceIds: ({ SourceId }) => SourceId,
  SourceTypes: ({ SourceType }) => SourceType,
  ActivationIds: () => undefined,
  AssociationStatus: () => undefined,
};
