import type { InstanceInformationStringFilter } from "@aws-sdk/client-ssm";
import { AwsError } from "../../wire/service.ts";
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
        const found = filters.reduce((left, filter) => left.filter(test(region, filter)), region.ssm.agents.all());
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
  region: Region,
  { Key = "", Values = [] }: Partial<InstanceInformationStringFilter>,
): (agent: Agent) => boolean {
  if (Key.startsWith("tag:")) {
    const key = Key.slice("tag:".length);
    return ({ InstanceId }) =>
      (region.ec2.instances.get(InstanceId)?.Tags ?? []).some(
        (tag) => tag.Key === key && Values.includes(tag.Value ?? ""),
      );
  }
  const read = entry(READERS, Key);
  if (!read) throw new AwsError("InvalidFilterKey", `The specified key isn't valid: ${Key}`);
  return (agent) => Values.includes(read(agent) ?? "");
}

const READERS: Readonly<Record<string, (agent: Agent) => string | undefined>> = {
  InstanceIds: ({ InstanceId }) => InstanceId,
  PingStatus: ({ PingStatus }) => PingStatus,
  PlatformTypes: ({ PlatformType }) => PlatformType,
  AgentVersion: ({ AgentVersion }) => AgentVersion,
  ResourceType: ({ ResourceType }) => ResourceType,
};
