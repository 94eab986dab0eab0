import { AwsError } from "../../wire/service.ts";
import { associate, profileFor } from "../../world/ec2/instance-profiles.ts";
import { missingParameter } from "../../world/ec2/refusals.ts";
import { recordOf, recordsOf } from "../../world/ec2/resource-ids.ts";
import type { Instance, ProfileAssociation } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type Filters, filtered, paged } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

const FILTERS: Filters<ProfileAssociation> = {
  "instance-id": ({ InstanceId }) => InstanceId,
  state: ({ State }) => State,
};

/** Instance profiles on instances. */
export function profileAssociationOperations(world: World): Ec2Operations {
  return {
    AssociateIamInstanceProfile: changing(
      ["InstanceId", "IamInstanceProfile"],
      ({ InstanceId = "", IamInstanceProfile }, { region: name }) => {
        const region = world.region(name);
        const instance = associable(region, InstanceId);
        if (region.ec2.profileAssociations.find((one) => one.InstanceId === InstanceId)) {
          throw new AwsError("IncorrectState", `There is an existing association for instance ${InstanceId}`);
        }
        const profile = profileFor(world, IamInstanceProfile);
        return () => ({
          IamInstanceProfileAssociation: {
            ...shapeOf(associate(world, region, instance.InstanceId, profile)),
            State: "associating",
          },
        });
      },
    ),

    ReplaceIamInstanceProfileAssociation: changing(
      ["AssociationId", "IamInstanceProfile"],
      ({ AssociationId = "", IamInstanceProfile }, { region: name }) => {
        const region = world.region(name);
        const former = recordOf("profileAssociation", region.ec2.profileAssociations, AssociationId);
        refuseInactive(associable(region, former.InstanceId), AssociationId);
        const profile = profileFor(world, IamInstanceProfile);
        return () => {
          region.ec2.profileAssociations.delete(AssociationId);
          const association = shapeOf(associate(world, region, former.InstanceId, profile));
          return { IamInstanceProfileAssociation: { ...association, State: "associating" } };
        };
      },
    ),

    DisassociateIamInstanceProfile: changing(["AssociationId"], ({ AssociationId = "" }, { region }) => {
      const { profileAssociations } = world.region(region).ec2;
      const association = recordOf("profileAssociation", profileAssociations, AssociationId);
      return () => {
        profileAssociations.delete(AssociationId);
        return { IamInstanceProfileAssociation: { ...shapeOf(association), State: "disassociating" } };
      };
    }),

    DescribeIamInstanceProfileAssociations: reading(
      ["AssociationIds", "Filters", "NextToken", "MaxResults"],
      (input, { region }) => {
        const { profileAssociations } = world.region(region).ec2;
        const ids = input.AssociationIds;
        const all = ids?.length ? recordsOf("profileAssociation", profileAssociations, ids) : profileAssociations.all();
        const { items, ...rest } = paged(filtered(all, input.Filters, FILTERS), input, world.pageSize);
        return { IamInstanceProfileAssociations: items.map(shapeOf), ...rest };
      },
    ),
  };
}

/** Only the association of an instance that runs can be replaced (aws/aws-cli#5251). */
function refuseInactive({ State }: Instance, associationId: string): void {
  if (State.Name === "pending" || State.Name === "running") return;
  throw new AwsError("IncorrectState", `The association ${associationId} is not the active association`);
}

function associable(region: Region, instanceId: string): Instance {
  if (!instanceId) throw missingParameter("InstanceId");
  const instance = recordOf("instance", region.ec2.instances, instanceId);
  if (!["pending", "running", "stopping", "stopped"].includes(instance.State.Name ?? "")) {
    throw new AwsError(
      "IncorrectInstanceState",
      `The instance '${instanceId}' is not in the 'running' or 'stopped' state.`,
    );
  }
  return instance;
}

function shapeOf({ hidden: _hidden, ...shape }: ProfileAssociation) {
  return shape;
}
