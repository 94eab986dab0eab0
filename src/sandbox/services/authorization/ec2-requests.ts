import type { RunInstancesRequest, Tag, TagSpecification } from "@aws-sdk/client-ec2";
import { type Asked, AwsError } from "../../wire/service.ts";
import { withTemplate } from "../../world/ec2/launch-templates.ts";
import type { Values } from "../../world/policies/context.ts";
import type { AuthorizedRequest } from "../../world/policies/request.ts";
import type { World } from "../../world/world.ts";
import { idsNamed } from "./ec2-ids.ts";
import { requestedTags } from "./request-values.ts";

/**
 * What operations are about. `+`: they make one; `*`: there has to be one, whether the request names it or not; else it is about those
 * that the request names. (Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2")
 */
const ABOUT: Readonly<Record<string, string>> = {
  AllocateAddress: "+elastic-ip",
  AssociateIamInstanceProfile: "*instance",
  AssociateRouteTable: "*route-table subnet internet-gateway",
  AttachInternetGateway: "*internet-gateway *vpc",
  AuthorizeSecurityGroupEgress: "*security-group",
  AuthorizeSecurityGroupIngress: "*security-group",
  CreateInternetGateway: "+internet-gateway",
  CreateKeyPair: "+key-pair",
  CreateLaunchTemplate: "+launch-template",
  CreateLaunchTemplateVersion: "*launch-template",
  CreateNatGateway: "+natgateway subnet elastic-ip",
  CreateRoute: "*route-table",
  CreateRouteTable: "+route-table *vpc",
  CreateSecurityGroup: "+security-group vpc",
  CreateSubnet: "+subnet *vpc",
  CreateVpc: "+vpc",
  DeleteInternetGateway: "*internet-gateway",
  DeleteKeyPair: "key-pair",
  DeleteLaunchTemplate: "*launch-template",
  DeleteLaunchTemplateVersions: "*launch-template",
  DeleteNatGateway: "*natgateway",
  DeleteRoute: "*route-table",
  DeleteRouteTable: "*route-table",
  DeleteSecurityGroup: "*security-group",
  DeleteSubnet: "*subnet",
  DeleteVolume: "*volume",
  DeleteVpc: "*vpc",
  DescribeInstanceAttribute: "*instance",
  DescribeVpcAttribute: "*vpc",
  DetachInternetGateway: "*internet-gateway *vpc",
  DisassociateAddress: "elastic-ip",
  DisassociateIamInstanceProfile: "*instance",
  DisassociateRouteTable: "route-table subnet internet-gateway",
  GetConsoleOutput: "*instance",
  ModifyInstanceAttribute: "*instance security-group",
  ModifyInstanceMetadataOptions: "*instance",
  ModifyLaunchTemplate: "*launch-template",
  ModifySecurityGroupRules: "*security-group *security-group-rule",
  ModifySubnetAttribute: "*subnet",
  ModifyVolume: "*volume",
  ModifyVpcAttribute: "*vpc",
  RebootInstances: "*instance",
  ReleaseAddress: "elastic-ip",
  ReplaceIamInstanceProfileAssociation: "*instance",
  ReplaceRoute: "*route-table",
  ReplaceRouteTableAssociation: "*route-table subnet internet-gateway",
  RevokeSecurityGroupEgress: "*security-group",
  RevokeSecurityGroupIngress: "*security-group",
  RunInstances: "+instance +volume +network-interface *image *subnet *security-group key-pair launch-template",
  StartInstances: "*instance",
  StopInstances: "*instance",
  TerminateInstances: "*instance",
  UpdateSecurityGroupRuleDescriptionsEgress: "*security-group",
  UpdateSecurityGroupRuleDescriptionsIngress: "*security-group",
};

/** Those that may be about anything. */
const TAGGING = ["CreateTags", "DeleteTags"];

/** What has to be allowed for a call of EC2: the action on each of its resources, and the tags on what it makes. */
export function ec2Requests(world: World, asked: Asked): AuthorizedRequest[] {
  const input = wholeInput(world, asked);
  const deeds = [...deedsOf(world, asked, input), ...tagsOnNew(asked, input)];
  // No policy can name what the others are about.
  return (deeds.length > 0 ? deeds : [{ path: "*" }]).map((deed) => authorized(asked, deed));
}

/** What is done to one resource. */
interface Deed {
  /** End of its ARN; `*`: no resource. */
  readonly path: string;
  /** Default: that of the call. */
  readonly action?: string;
  readonly values?: Values;
}

function deedsOf(world: World, { operation, region }: Asked, input: Input): Deed[] {
  const named = idsNamed(world.region(region), input);
  if (TAGGING.includes(operation)) return named.map(({ path }) => ({ path, values: requestedTags(input) }));
  return (ABOUT[operation]?.split(" ") ?? []).flatMap((one): Deed[] => {
    const type = one.replace(/^[+*]/, "");
    if (one.startsWith("+")) return [{ path: `${type}/*`, values: requestedTags(specified(input, type)) }];
    const found = named.filter((resource) => resource.type === type);
    return found.length === 0 && one.startsWith("*") ? [{ path: `${type}/*` }] : found;
  });
}

/** Whoever gives tags to what is made needs the right to that, too. ("Grant permission to tag resources during creation") */
function tagsOnNew({ operation }: Asked, input: Input): Deed[] {
  const types = (input.TagSpecifications ?? []).flatMap(({ ResourceType, Tags = [] }) =>
    ResourceType && Tags.length > 0 ? ResourceType : [],
  );
  return types.map((type) => ({
    path: `${type}/*`,
    action: "CreateTags",
    values: { ...requestedTags(specified(input, type)), "ec2:CreateAction": operation },
  }));
}

function specified({ TagSpecifications = [] }: Input, type: string): Pick<Input, "Tags"> {
  return TagSpecifications.find(({ ResourceType }) => ResourceType === type) ?? {};
}

function authorized(
  { operation, region, account }: Asked,
  { path, action = operation, values }: Deed,
): AuthorizedRequest {
  // Images are told without the account, whosever they are.
  const owner = path.startsWith("image/") ? "" : account;
  return {
    action: `ec2:${action}`,
    resource: path === "*" ? path : `arn:aws:ec2:${region}:${owner}:${path}`,
    region,
    values: { "ec2:Region": region, "ec2:CreateAction": undefined, ...values },
  };
}

/** Members of inputs that tell about tags; those that name resources are for `idsNamed`. */
interface Input {
  readonly TagSpecifications?: readonly (Pick<TagSpecification, "ResourceType"> & { readonly Tags?: readonly Tag[] })[];
  readonly Tags?: readonly Tag[];
}

/** With what a launch template says, too. One that is not there is for the operation to refuse. */
function wholeInput(world: World, { operation, region, input }: Asked): Input {
  if (operation !== "RunInstances") return input;
  try {
    const { LaunchTemplate } = input as RunInstancesRequest;
    return { ...withTemplate(world.region(region), input as RunInstancesRequest).request, ...LaunchTemplate } as Input;
  } catch (error) {
    if (error instanceof AwsError) return input;
    throw error;
  }
}
