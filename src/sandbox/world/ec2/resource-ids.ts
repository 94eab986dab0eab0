import { AwsError } from "../../wire/service.ts";
import type { Table } from "../table.ts";

/** How EC2 speaks of one sort of resource. */
interface Sort {
  readonly prefix: string;
  readonly notFound: readonly [code: string, one: string, several: string];
  readonly malformed: string;
}

const SORTS = {
  instance: {
    prefix: "i",
    notFound: ["InvalidInstanceID.NotFound", "The instance ID '?' does not exist", "The instance IDs '?' do not exist"],
    malformed: "InvalidInstanceID.Malformed",
  },
  securityGroup: {
    prefix: "sg",
    notFound: [
      "InvalidGroup.NotFound",
      "The security group '?' does not exist",
      "The security groups '?' do not exist",
    ],
    malformed: "InvalidGroupId.Malformed",
  },
  securityGroupRule: {
    prefix: "sgr",
    notFound: [
      "InvalidSecurityGroupRuleId.NotFound",
      "The security group rule ID '?' does not exist",
      "The security group rule IDs '?' do not exist",
    ],
    malformed: "InvalidSecurityGroupRuleId.Malformed",
  },
  vpc: {
    prefix: "vpc",
    notFound: ["InvalidVpcID.NotFound", "The vpc ID '?' does not exist", "The vpc IDs '?' do not exist"],
    malformed: "InvalidVpcId.Malformed",
  },
  subnet: {
    prefix: "subnet",
    notFound: ["InvalidSubnetID.NotFound", "The subnet ID '?' does not exist", "The subnet IDs '?' do not exist"],
    malformed: "InvalidSubnetID.Malformed",
  },
  routeTable: {
    prefix: "rtb",
    notFound: [
      "InvalidRouteTableID.NotFound",
      "The routeTable ID '?' does not exist",
      "The routeTable IDs '?' do not exist",
    ],
    malformed: "InvalidRouteTableId.Malformed",
  },
  internetGateway: {
    prefix: "igw",
    notFound: [
      "InvalidInternetGatewayID.NotFound",
      "The internetGateway ID '?' does not exist",
      "The internetGateway IDs '?' do not exist",
    ],
    malformed: "InvalidInternetGatewayId.Malformed",
  },
  address: {
    prefix: "eipalloc",
    notFound: [
      "InvalidAllocationID.NotFound",
      "The allocation ID '?' does not exist",
      "The allocation IDs '?' do not exist",
    ],
    malformed: "InvalidAllocationID.Malformed",
  },
  volume: {
    prefix: "vol",
    notFound: ["InvalidVolume.NotFound", "The volume '?' does not exist.", "The volumes '?' do not exist."],
    malformed: "InvalidVolumeID.Malformed",
  },
  networkInterface: {
    prefix: "eni",
    notFound: [
      "InvalidNetworkInterfaceID.NotFound",
      "The networkInterface ID '?' does not exist",
      "The networkInterface IDs '?' do not exist",
    ],
    malformed: "InvalidNetworkInterfaceId.Malformed",
  },
  image: {
    prefix: "ami",
    notFound: ["InvalidAMIID.NotFound", "The image id '[?]' does not exist", "The image ids '[?]' do not exist"],
    malformed: "InvalidAMIID.Malformed",
  },
  keyPair: {
    prefix: "key",
    notFound: ["InvalidKeyPair.NotFound", "The key pair ID '?' does not exist", "The key pair IDs '?' do not exist"],
    malformed: "InvalidKeyPair.Format",
  },
  launchTemplate: {
    prefix: "lt",
    notFound: [
      "InvalidLaunchTemplateId.NotFound",
      "The specified launch template, with template ID ?, does not exist.",
      "The specified launch templates, with template IDs ?, do not exist.",
    ],
    malformed: "InvalidLaunchTemplateId.Malformed",
  },
  profileAssociation: {
    prefix: "iip-assoc",
    notFound: [
      "InvalidAssociationID.NotFound",
      "An invalid association-id of '?' was given",
      "Invalid association-ids of '?' were given",
    ],
    malformed: "InvalidAssociationID.Malformed",
  },
} as const satisfies Record<string, Sort>;

export type ResourceSort = keyof typeof SORTS;

/** AWS's refusal of ids that it does not know. */
export function notFound(sort: ResourceSort, ids: readonly string[]): AwsError {
  const [code, one, several] = SORTS[sort].notFound;
  return new AwsError(code, (ids.length === 1 ? one : several).replace("?", ids.join(", ")));
}

/** Throws AWS's refusal of something that cannot be an id. */
export function checkId(sort: ResourceSort, id: string): void {
  const { prefix, malformed } = SORTS[sort];
  if (!new RegExp(`^${prefix}-[0-9a-f]+$`).test(id)) {
    throw new AwsError(malformed, `Invalid id: "${id}" (expecting "${prefix}-...")`);
  }
}

/**
 * Records by id.
 *
 * @param isVisible false: it is too new to be known everywhere
 * @throws AwsError if one of the ids is malformed or not known
 */
export function recordsOf<Record extends object>(
  sort: ResourceSort,
  table: Pick<Table<Record>, "get">,
  ids: readonly string[],
  isVisible: (record: Record) => boolean = () => true,
): Record[] {
  for (const id of ids) checkId(sort, id);
  const found = ids.map((id) => {
    const record = table.get(id);
    return record && isVisible(record) ? record : undefined;
  });
  const unknown = ids.filter((_, index) => !found[index]);
  if (unknown.length > 0) throw notFound(sort, unknown);
  return found.filter((record) => record !== undefined);
}

/** The record of an id. */
export function recordOf<Record extends object>(
  sort: ResourceSort,
  table: Pick<Table<Record>, "get">,
  id: string,
  isVisible?: (record: Record) => boolean,
): Record {
  const [record] = recordsOf(sort, table, [id], isVisible);
  if (!record) throw notFound(sort, [id]);
  return record;
}
