import type { RetailVariables } from "../../variables/index.ts";
import { type Grant, of, type PermissionCommand, type Permissions, type Scope } from "../permissions.ts";

/*
 * What the stack needs of IAM, in one place: `bia-infra permissions --stack retail` prints it, docs/permissions-retail.md shows it,
 * and a test compares it with the calls that the commands really make.
 */

/** Commands that look at the whole stack. */
const LOOK: readonly PermissionCommand[] = ["plan", "status", "outputs", "create", "repair", "adopt", "destroy"];
const MAKE: readonly PermissionCommand[] = ["create", "repair", "adopt"];
/** Commands that take the lock. */
const CHANGE: readonly PermissionCommand[] = [...MAKE, "destroy"];

const DRIFT = "puts right what has drifted";

/** What the stack of these variables needs. `region` and `account` may be `*`: any. */
export function retailPermissions({ stack }: RetailVariables, region: string, account: string): Permissions {
  const scopes: Readonly<Record<string, Scope>> = {
    Look: { resources: ["*"] },
    OwnParameters: { resources: [`arn:aws:ssm:${region}:${account}:parameter/bia-infra/${stack}/*`] },
    Ec2New: { resources: ["*"] },
    Ec2Own: { resources: ["*"], condition: { StringEquals: { "aws:ResourceTag/bia-infra:stack": stack } } },
  };
  return { scopes, grants: GRANTS };
}

/** A new call of the product gets its action here: under the commands that make it, on the narrowest scope that IAM knows for it. */
const GRANTS: readonly Grant[] = [
  {
    on: "Look",
    for: LOOK,
    actions: [
      ...of("ec2", "DescribeAddresses DescribeInternetGateways DescribeNatGateways DescribeRouteTables"),
      ...of("ec2", "DescribeSubnets DescribeVpcAttribute DescribeVpcs"),
    ],
  },
  { on: "Look", for: ["stacks", "plan", "status", "destroy"], actions: of("ec2", "DescribeTags") },
  {
    on: "Look",
    for: ["stacks"],
    actions: [
      ...of("ec2", "DescribeAddresses DescribeInternetGateways DescribeNatGateways DescribeRouteTables"),
      ...of("ec2", "DescribeSubnets DescribeVpcs"),
    ],
    because: "tells whether what the listing of tags names is still there",
  },
  {
    on: "Look",
    for: ["stacks", "plan", "status", "destroy"],
    actions: [
      ...of("ec2", "DescribeKeyPairs DescribeLaunchTemplates DescribeNetworkInterfaces DescribeSecurityGroups"),
      ...of("ec2", "DescribeSnapshots DescribeVolumes"),
    ],
    because: "tells whether what somebody gave the stack's tag is still there",
  },
  {
    on: "Look",
    for: ["create", "destroy"],
    actions: of("ec2", "DescribeInstances"),
    because: "looks for a machine of the stack, which it has none of",
  },
  {
    on: "Look",
    for: ["plan", "status"],
    actions: [
      ...of("autoscaling", "DescribeAutoScalingGroups"),
      ...of("ec2", "DescribeInstances"),
      ...of("elasticloadbalancing", "DescribeListeners DescribeLoadBalancers DescribeTags DescribeTargetGroups"),
      ...of("rds", "DescribeDBInstances"),
    ],
    because: "names what is left over from earlier variables",
  },
  {
    on: "Look",
    for: ["doctor"],
    actions: [
      ...of(
        "ec2",
        "DescribeAccountAttributes DescribeAddresses DescribeAvailabilityZones DescribeRegions DescribeVpcs",
      ),
      ...of("servicequotas", "GetServiceQuota"),
    ],
  },
  {
    on: "Look",
    for: ["destroy"],
    actions: [
      ...of("acm", "ListCertificates"),
      ...of("autoscaling", "DescribeAutoScalingGroups"),
      ...of("ecr", "DescribeRepositories"),
      ...of("ecs", "DescribeCapacityProviders ListClusters ListTaskDefinitionFamilies"),
      ...of("elasticloadbalancing", "DescribeLoadBalancers DescribeTargetGroups"),
      ...of("iam", "ListInstanceProfiles ListRoles"),
      ...of("logs", "DescribeLogGroups"),
      ...of("rds", "DescribeDBInstances DescribeDBSnapshots"),
      ...of("route53", "ListHostedZones"),
      ...of("ssm", "DescribeParameters"),
    ],
  },
  {
    on: "Look",
    for: ["destroy"],
    actions: [
      ...of("acm", "ListTagsForCertificate"),
      ...of("ecr", "ListTagsForResource"),
      ...of("ecs", "DescribeClusters DescribeServices DescribeTaskDefinition ListServices ListTaskDefinitions"),
      ...of("elasticloadbalancing", "DescribeListeners DescribeTags"),
      ...of("iam", "ListInstanceProfileTags ListRoleTags"),
      ...of("logs", "ListTagsForResource"),
      ...of("route53", "ListTagsForResources"),
      ...of("ssm", "ListTagsForResource"),
    ],
    because: "tells whose the things of others are, where there are some, and names what is in the way",
  },
  { on: "OwnParameters", for: [...LOOK, "unlock"], actions: of("ssm", "GetParameter") },
  { on: "OwnParameters", for: CHANGE, actions: of("ssm", "DeleteParameter PutParameter") },
  {
    on: "OwnParameters",
    for: ["unlock"],
    actions: of("ssm", "DeleteParameter"),
    because: "removes the lock, where there is one",
  },
  {
    on: "Ec2New",
    for: MAKE,
    actions: [
      ...of("ec2", "AllocateAddress AssociateRouteTable AttachInternetGateway CreateInternetGateway CreateNatGateway"),
      ...of("ec2", "CreateRoute CreateRouteTable CreateSubnet CreateTags CreateVpc"),
      ...of("ec2", "ModifySubnetAttribute ModifyVpcAttribute"),
    ],
  },
  {
    on: "Ec2Own",
    for: ["repair", "adopt"],
    actions: of("ec2", "DetachInternetGateway ReplaceRoute ReplaceRouteTableAssociation"),
    because: DRIFT,
  },
  {
    on: "Ec2Own",
    for: MAKE,
    actions: [
      ...of("ec2", "DeleteInternetGateway DeleteNatGateway DeleteRouteTable DeleteVpc DetachInternetGateway"),
      ...of("ec2", "ReleaseAddress"),
    ],
    because: "takes away a second one that a lost answer has left behind, and a NAT gateway that failed",
  },
  {
    on: "Ec2Own",
    for: ["destroy"],
    actions: [
      ...of("ec2", "DeleteInternetGateway DeleteNatGateway DeleteRouteTable DeleteSubnet DeleteVpc"),
      ...of("ec2", "DetachInternetGateway DisassociateRouteTable ReleaseAddress"),
    ],
  },
];
