import type { IamInstanceProfileSpecification } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { newId } from "../../world/ids.ts";
import type { Instance, InstanceProfile, ProfileAssociation } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type Filters, filtered, paged } from "./listing.ts";
import {
  changing,
  type Ec2Operations,
  invalidCombination,
  invalidValue,
  missingParameter,
  reading,
} from "./operation.ts";
import { recordOf, recordsOf } from "./resource-ids.ts";

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
            ...associate(world, region, instance.InstanceId, profile),
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
        associable(region, former.InstanceId);
        const profile = profileFor(world, IamInstanceProfile);
        return () => {
          region.ec2.profileAssociations.delete(AssociationId);
          const association = associate(world, region, former.InstanceId, profile);
          return { IamInstanceProfileAssociation: { ...association, State: "associating" } };
        };
      },
    ),

    DisassociateIamInstanceProfile: changing(["AssociationId"], ({ AssociationId = "" }, { region }) => {
      const { profileAssociations } = world.region(region).ec2;
      const association = recordOf("profileAssociation", profileAssociations, AssociationId);
      return () => {
        profileAssociations.delete(AssociationId);
        return { IamInstanceProfileAssociation: { ...association, State: "disassociating" } };
      };
    }),

    DescribeIamInstanceProfileAssociations: reading(
      ["AssociationIds", "Filters", "NextToken", "MaxResults"],
      (input, { region }) => {
        const { profileAssociations } = world.region(region).ec2;
        const ids = input.AssociationIds;
        const all = ids?.length ? recordsOf("profileAssociation", profileAssociations, ids) : profileAssociations.all();
        const { items, ...rest } = paged(filtered(all, input.Filters, FILTERS), input, world.pageSize);
        return { IamInstanceProfileAssociations: items, ...rest };
      },
    ),
  };
}

/** Puts a profile on an instance. */
export function associate(
  world: World,
  region: Region,
  InstanceId: string,
  { Arn, InstanceProfileId: Id }: InstanceProfile,
): ProfileAssociation {
  return region.ec2.profileAssociations.put({
    AssociationId: newId("iip-assoc"),
    InstanceId,
    IamInstanceProfile: { Arn, Id },
    State: "associated",
    Timestamp: world.now(),
  });
}

/**
 * The profile that a request names, by name or ARN.
 *
 * @throws AwsError if there is none, it holds no role, or EC2 does not know of it yet
 */
export function profileFor(world: World, given: IamInstanceProfileSpecification | undefined): InstanceProfile {
  const { Name, Arn } = given ?? {};
  if (Name !== undefined && Arn !== undefined) {
    throw invalidCombination(
      "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    );
  }
  if (Name === undefined && Arn === undefined) throw missingParameter("iamInstanceProfile.name");
  const [part, value, noun] = Name === undefined ? ["arn", Arn, "ARN"] : ["name", Name, "name"];
  const profile = world.iam.instanceProfiles.find((one) => one.InstanceProfileName === Name || one.Arn === Arn);
  if (!profile || profile.hidden.visibleAt > world.now()) {
    throw invalidValue(
      `Value (${value}) for parameter iamInstanceProfile.${part} is invalid. Invalid IAM Instance Profile ${noun}`,
    );
  }
  if (!profile.hidden.roleName) {
    throw invalidValue(`IAM Instance Profile "${profile.Arn}" has no associated IAM Roles`);
  }
  return profile;
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
