import { AwsError } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { type DiscoveryOperations, paged } from "./operation.ts";

/** How far operations have come. */
export function progressOperations(world: World): DiscoveryOperations {
  return {
    GetOperation: {
      accepts: ["OperationId"],
      handle({ OperationId = "" }, { region }) {
        const found = world.region(region).serviceDiscovery.operations.get(OperationId);
        if (!found) throw new AwsError("OperationNotFound", `Failed to find operation with id: ${OperationId}`);
        const { hidden: _, ...Operation } = found;
        return { Operation };
      },
    },

    ListOperations: {
      accepts: ["NextToken", "MaxResults", "Filters"],
      handle(input, { region }) {
        const { operations } = world.region(region).serviceDiscovery;
        const { items, ...rest } = paged(operations.all(), input, world.pageSize, {
          NAMESPACE_ID: ({ Targets }) => Targets.NAMESPACE,
          STATUS: ({ Status }) => Status,
          TYPE: ({ Type }) => Type,
        });
        return { Operations: items.map(({ Id, Status }) => ({ Id, Status })), ...rest };
      },
    },
  };
}
