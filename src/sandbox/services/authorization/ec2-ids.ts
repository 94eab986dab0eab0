import type { Region } from "../../world/world.ts";

/** A resource of EC2 that a request names. */
export interface Named {
  /** As ARNs have it, e.g. `route-table`. */
  readonly type: string;
  /** The end of its ARN, e.g. `route-table/rtb-0123456789abcdef0`. */
  readonly path: string;
}

/** Types by what ids begin with. (Service Authorization Reference, "Resource types defined by Amazon EC2") */
const TYPES: Readonly<Record<string, string>> = {
  ami: "image",
  eipalloc: "elastic-ip",
  eni: "network-interface",
  i: "instance",
  igw: "internet-gateway",
  lt: "launch-template",
  nat: "natgateway",
  rtb: "route-table",
  sg: "security-group",
  sgr: "security-group-rule",
  subnet: "subnet",
  vol: "volume",
  vpc: "vpc",
};

/** The members in which requests name what they are about. */
const NAMING =
  /(Ids?|Resources|Groups?|KeyName|PublicIp|LaunchTemplateName|GroupName|NetworkInterfaces|SecurityGroupRules)$/;

/** Resources that a request names, by their ids, their names, or an association that they are in. */
export function idsNamed(region: Region, input: object): Named[] {
  const names = Object.entries(input).flatMap(([member, value]) => (NAMING.test(member) ? textsIn(value) : []));
  return names
    .flatMap((name) => idsBehind(region, name))
    .flatMap((id) => {
      const key = region.ec2.keyPairs.find(({ KeyPairId, KeyName }) => KeyPairId === id || KeyName === id);
      if (key) return { type: "key-pair", path: `key-pair/${key.KeyName}` };
      const type = TYPES[id.slice(0, id.lastIndexOf("-"))];
      return type === undefined ? [] : { type, path: `${type}/${id}` };
    });
}

/** Texts of a member, of lists too, and of the things in a list; not of what those contain in turn, as the source of a rule. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((one) => (typeof one === "string" || Array.isArray(one) ? textsIn(one) : []));
}

/** What has a name, or belongs to an association; an id is itself. */
function idsBehind({ ec2 }: Region, name: string): string[] {
  const { addresses, launchTemplates, profileAssociations, routeTables, securityGroups } = ec2;
  const table = routeTables.find(({ Associations }) =>
    Associations.some(({ RouteTableAssociationId }) => RouteTableAssociationId === name),
  );
  const association = table?.Associations.find((one) => one.RouteTableAssociationId === name);
  const found = [
    table?.RouteTableId,
    association?.SubnetId,
    profileAssociations.get(name)?.InstanceId,
    addresses.find(({ PublicIp, AssociationId }) => PublicIp === name || AssociationId === name)?.AllocationId,
    launchTemplates.find(({ LaunchTemplateName }) => LaunchTemplateName === name)?.LaunchTemplateId,
    securityGroups.find(({ GroupName, VpcId }) => GroupName === name && ec2.vpcs.get(VpcId)?.IsDefault === true)
      ?.GroupId,
  ].flatMap((id) => id ?? []);
  return found.length > 0 ? found : [name];
}
