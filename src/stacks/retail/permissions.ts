import type { RetailVariables } from "../../variables/index.ts";
import { BALANCING, DRIFT, MAKE } from "../grants.ts";
import { managedPolicyArn } from "../managed-policies.ts";
import { performanceLogGroup } from "../performance-log-group.ts";
import { type Grant, of, type PermissionCommand, type Permissions, type Scope } from "../permissions.ts";
import { EVENTS, eventScopes } from "./event-permissions.ts";
import { STORES, storeScopes } from "./store-permissions.ts";

/*
 * What the stack needs of IAM, in one place: `bia-infra permissions --stack retail` prints it, docs/permissions-retail.md shows it,
 * and a test compares it with the calls that the commands really make.
 */

/** Commands that look at the whole stack. */
const LOOK: readonly PermissionCommand[] = ["plan", "status", "console", "outputs", ...MAKE, "destroy"];
/** Commands that put a service on another revision, or its tasks anew on the same. */
const ROLL: readonly PermissionCommand[] = ["deploy-version", "rollback", "restart"];
/** Commands that look what would keep a revision from serving. */
const VERIFY: readonly PermissionCommand[] = ["deploy-version", "verify"];
/** Commands that take the lock. */
const CHANGE: readonly PermissionCommand[] = [...MAKE, ...ROLL, "destroy"];

/** What the stack of these variables needs. `region` and `account` may be `*`: any. */
export function retailPermissions(variables: RetailVariables, region: string, account: string): Permissions {
  return { scopes: scopesOf(variables, region, account), grants: GRANTS };
}

function scopesOf(variables: RetailVariables, region: string, account: string): Readonly<Record<string, Scope>> {
  const { stack, cluster, ui, assets, catalog, carts, roles: names, loadBalancer, logs, observability } = variables;
  const services = [ui, assets, catalog, carts];
  const here = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  const iam = (resource: string) => `arn:aws:iam::${account}:${resource}`;
  const roles = [names.execution, names.task, names.catalogExecution, names.cartsTask].map((name) =>
    iam(`role/${name}`),
  );
  return {
    Look: { resources: ["*"] },
    OwnParameters: { resources: [here("ssm", `parameter/bia-infra/${stack}/*`)] },
    Roles: { resources: roles },
    OnlyThesePolicies: {
      resources: roles,
      condition: { ArnLike: { "iam:PolicyARN": [managedPolicyArn("AmazonECSTaskExecutionRolePolicy")] } },
    },
    PassRoles: {
      resources: roles,
      condition: { StringEquals: { "iam:PassedToService": ["ecs-tasks.amazonaws.com"] } },
    },
    RolesOfServices: {
      resources: [iam("role/aws-service-role/*")],
      condition: {
        StringEquals: {
          "iam:AWSServiceName": ["ecs", "ecs.application-autoscaling", "elasticloadbalancing"].map(
            (name) => `${name}.amazonaws.com`,
          ),
        },
      },
    },
    Ec2New: { resources: ["*"] },
    Ec2Own: { resources: ["*"], condition: { StringEquals: { "aws:ResourceTag/bia-infra:stack": stack } } },
    Ecs: {
      resources: [
        here("ecs", `cluster/${cluster.name}`),
        ...services.map(({ name }) => here("ecs", `service/${cluster.name}/${name}`)),
        ...services.map(({ name }) => here("ecs", `service-deployment/${cluster.name}/${name}/*`)),
        ...services.map(({ name }) => here("ecs", `service-revision/${cluster.name}/${name}/*`)),
        ...services.map(({ family }) => here("ecs", `task-definition/${family}:*`)),
      ],
    },
    Tasks: { resources: [here("ecs", `task/${cluster.name}/*`)] },
    EcsUnscoped: { resources: ["*"] },
    Balancing: {
      resources: [
        here("elasticloadbalancing", `*/app/${loadBalancer.name}/*`),
        here("elasticloadbalancing", `targetgroup/${ui.targetGroup.name}/*`),
      ],
    },
    Scaling: { resources: [here("application-autoscaling", "scalable-target/*")] },
    // For the calls for tags without the asterisk, for the others with it (CloudWatch Logs, LogGroup).
    Output: {
      resources: [logs.group, performanceLogGroup(cluster.name), observability.events.group].flatMap((group) => [
        here("logs", `log-group:${group}`),
        here("logs", `log-group:${group}:*`),
      ]),
    },
    ...storeScopes(here, variables),
    ...eventScopes(variables, here),
  };
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
    for: ["doctor"],
    actions: of("ec2", "DescribeNatGateways DescribeSubnets"),
    because: "tells how many NAT gateways each zone has",
  },
  {
    on: "Look",
    for: ["destroy"],
    actions: [
      ...of("dynamodb", "ListTables"),
      ...of("acm", "ListCertificates"),
      ...of("autoscaling", "DescribeAutoScalingGroups"),
      ...of("ecr", "DescribeRepositories"),
      ...of("ecs", "DescribeCapacityProviders ListClusters ListTaskDefinitionFamilies"),
      ...of("elasticloadbalancing", "DescribeLoadBalancers DescribeTargetGroups"),
      ...of("iam", "ListInstanceProfiles ListRoles"),
      ...of("events", "ListRules"),
      ...of("logs", "DescribeLogGroups DescribeResourcePolicies"),
      ...of("rds", "DescribeDBInstances DescribeDBSnapshots DescribeDBSubnetGroups"),
      ...of("route53", "ListHostedZones"),
      ...of("secretsmanager", "ListSecrets"),
      ...of("servicediscovery", "ListNamespaces"),
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
      ...of("ecs", "DescribeContainerInstances ListContainerInstances"),
      ...of("elasticloadbalancing", "DescribeListeners DescribeTags"),
      ...of("iam", "ListInstanceProfileTags ListRoleTags"),
      ...of("dynamodb", "DescribeTable ListTagsOfResource"),
      ...of("events", "ListTagsForResource"),
      ...of("logs", "ListTagsForResource"),
      ...of("rds", "ListTagsForResource"),
      ...of("route53", "ListTagsForResources"),
      ...of("ssm", "ListTagsForResource"),
    ],
    because: "tells whose the things of others are, where there are some, and names what is in the way",
  },
  { on: "OwnParameters", for: ["unlock"], actions: of("ssm", "GetParameter") },
  {
    on: "OwnParameters",
    for: CHANGE,
    actions: of("ssm", "GetParameter"),
    because: "renews the lock, and says who holds it",
  },
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
      ...of("ec2", "CreateRoute CreateRouteTable CreateSubnet CreateVpc"),
      ...of("ec2", "ModifySubnetAttribute ModifyVpcAttribute"),
    ],
  },
  {
    on: "Ec2New",
    for: MAKE,
    actions: of("ec2", "CreateTags"),
    because: "creates with tags ask for it, and a repair makes the call",
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

  // The service and what it stands on.
  {
    on: "Look",
    for: LOOK,
    actions: [
      ...of("ec2", "DescribeSecurityGroupRules DescribeSecurityGroups"),
      ...of("ecs", "DescribeClusters DescribeServices DescribeTaskDefinition"),
      ...of("elasticloadbalancing", "DescribeListeners DescribeLoadBalancers DescribeTags"),
      ...of("elasticloadbalancing", "DescribeTargetGroupAttributes DescribeTargetGroups DescribeTargetHealth"),
      ...of("iam", "GetRole GetRolePolicy ListAttachedRolePolicies"),
      ...of("logs", "DescribeLogGroups ListTagsForResource"),
    ],
  },
  {
    on: "Look",
    for: LOOK,
    actions: [
      ...of("ec2", "DescribeRegions"),
      ...of("ecs", "DescribeTasks ListTasks"),
      ...of("elasticloadbalancing", "DescribeLoadBalancerAttributes"),
    ],
    because: "says why something is not ready or not as it should be, and for which region an older version made it",
  },
  {
    on: "Roles",
    for: LOOK,
    actions: of("iam", "SimulatePrincipalPolicy"),
    because: "tells whether a role has by now what its tasks were denied",
  },
  {
    on: "Look",
    for: MAKE,
    actions: of("ec2", "DescribeAccountAttributes DescribeAvailabilityZones GetSecurityGroupsForVpc"),
    because: "Elastic Load Balancing looks at the network with the caller's rights",
  },
  {
    on: "Look",
    for: LOOK.filter((one) => one !== "outputs" && one !== "console"),
    actions: of("ecs", "ListTaskDefinitions"),
  },
  {
    on: "Look",
    for: ["outputs", "console"],
    actions: of("ecs", "ListTaskDefinitions"),
    because: "tells a task definition that is not there from one whose revisions were all taken away",
  },
  {
    on: "Look",
    for: ["versions", "run", ...ROLL],
    actions: [
      ...of("ecs", "DescribeServices DescribeTaskDefinition DescribeTasks ListTasks"),
      ...of("elasticloadbalancing", "DescribeTargetHealth"),
    ],
  },
  { on: "Look", for: ["versions", "rollback"], actions: of("ecs", "ListTaskDefinitions") },
  { on: "Look", for: ["run"], actions: of("ecs", "ListTaskDefinitions"), because: "`--tag` looks for a version" },
  {
    on: "Look",
    for: ["versions", "run", ...ROLL],
    actions: of("ecs", "DescribeContainerInstances ListContainerInstances"),
    because: "says why tasks find no place",
  },
  {
    on: "Look",
    for: VERIFY,
    actions: [
      ...of("ec2", "DescribeSecurityGroups DescribeSubnets"),
      ...of("ecs", "DescribeServices"),
      ...of("elasticloadbalancing", "DescribeLoadBalancers DescribeTargetGroups"),
      ...of("iam", "GetRole GetRolePolicy ListAttachedRolePolicies SimulatePrincipalPolicy"),
      ...of("logs", "DescribeLogGroups ListTagsForResource"),
    ],
  },
  {
    on: "Look",
    for: ["deploy-version"],
    actions: [
      ...of("ec2", "DescribeAddresses DescribeInternetGateways DescribeNatGateways DescribeRouteTables"),
      ...of("ec2", "DescribeSecurityGroupRules DescribeVpcAttribute DescribeVpcs"),
      ...of("elasticloadbalancing", "DescribeTags"),
    ],
    because: "`--probe` asks the load balancer, and looks for it first",
  },
  {
    on: "Look",
    for: ["watch"],
    actions: [
      ...of("application-autoscaling", "DescribeScalableTargets DescribeScalingActivities DescribeScalingPolicies"),
      ...of("cloudwatch", "DescribeAlarms GetMetricData"),
      ...of("ecs", "DescribeServices"),
    ],
  },
  { on: "Look", for: ["logs"], actions: of("ecs", "DescribeServices DescribeTaskDefinition") },
  {
    on: "Look",
    for: ["logs"],
    actions: of("ecs", "DescribeTasks"),
    because: "tells which of the tasks that have printed something have stopped",
  },
  { on: "Look", for: ["logs"], actions: of("logs", "GetQueryResults") },
  { on: "Look", for: ["logs"], actions: of("logs", "StopQuery"), because: "ends a query that Ctrl-C broke off" },
  {
    on: "Look",
    for: ["metrics", "console"],
    actions: [
      ...of("cloudwatch", "GetMetricData"),
      ...of("ecs", "DescribeServices"),
      ...of("elasticloadbalancing", "DescribeTargetGroups"),
    ],
  },
  { on: "Output", for: ["logs"], actions: of("logs", "FilterLogEvents StartQuery") },
  { on: "Output", for: ["console", "run"], actions: of("logs", "GetLogEvents") },
  {
    on: "Output",
    for: ["versions", ...ROLL],
    actions: of("logs", "GetLogEvents"),
    because: "shows what a task that failed has printed",
  },
  { on: "Look", for: ["console", "exec"], actions: of("ecs", "DescribeTasks ListTasks") },
  {
    on: "Look",
    for: ["console"],
    actions: [
      ...of("ec2", "DescribeInstances"),
      ...of("ecs", "ListContainerInstances ListServices"),
      ...of("elasticloadbalancing", "DescribeRules"),
      ...of("ssm", "DescribeInstanceInformation"),
    ],
  },
  {
    on: "Look",
    for: ["exec"],
    actions: of("ecs", "ExecuteCommand"),
    because: "runs commands in tasks that were started for ECS Exec",
  },
  {
    on: "Look",
    for: ["doctor"],
    actions: [
      ...of("elasticloadbalancing", "DescribeAccountLimits DescribeLoadBalancers DescribeTargetGroups"),
      ...of("iam", "GetAccountSummary GetRole"),
    ],
  },
  { on: "Look", for: ["destroy"], actions: of("iam", "ListInstanceProfilesForRole ListRolePolicies") },
  { on: "Roles", for: MAKE, actions: of("iam", "CreateRole PutRolePolicy") },
  { on: "Roles", for: ["repair", "adopt"], actions: of("iam", "UpdateAssumeRolePolicy"), because: DRIFT },
  {
    on: "Roles",
    for: MAKE,
    actions: of("iam", "TagRole"),
    because: "CreateRole with tags asks for it, and adopt makes the call",
  },
  { on: "Roles", for: ["destroy"], actions: of("iam", "DeleteRole DeleteRolePolicy") },
  {
    on: "Roles",
    for: MAKE,
    actions: of("iam", "DeleteRolePolicy"),
    because: 'takes away what `carts.taskRole: "right"` had given',
  },
  { on: "OnlyThesePolicies", for: MAKE, actions: of("iam", "AttachRolePolicy") },
  { on: "OnlyThesePolicies", for: ["destroy"], actions: of("iam", "DetachRolePolicy") },
  {
    on: "PassRoles",
    for: [...MAKE, "destroy", "deploy-version", "run"],
    actions: of("iam", "PassRole"),
    because: "whoever gives a role to a task passes it",
  },
  {
    on: "RolesOfServices",
    for: MAKE,
    actions: of("iam", "CreateServiceLinkedRole"),
    because: "a service makes its role when an account uses it for the first time",
  },
  { on: "Ec2New", for: MAKE, actions: of("ec2", "AuthorizeSecurityGroupIngress CreateSecurityGroup") },
  {
    on: "Ec2Own",
    for: ["repair", "adopt"],
    actions: of("ec2", "RevokeSecurityGroupIngress UpdateSecurityGroupRuleDescriptionsIngress"),
    because: DRIFT,
  },
  { on: "Ec2Own", for: ["destroy"], actions: of("ec2", "DeleteSecurityGroup") },
  {
    on: "Ec2Own",
    for: ["destroy"],
    actions: of("ec2", "RevokeSecurityGroupIngress"),
    because: "takes a rule away that keeps a group from being deleted",
  },
  { on: "EcsUnscoped", for: MAKE, actions: of("ecs", "CreateCluster") },
  { on: "EcsUnscoped", for: ["destroy"], actions: of("ecs", "DeregisterTaskDefinition") },
  {
    on: "EcsUnscoped",
    for: ["deploy-version"],
    actions: of("ecs", "DeregisterTaskDefinition"),
    because: "takes a revision that failed out of use",
  },
  { on: "Ecs", for: MAKE, actions: of("ecs", "CreateService RegisterTaskDefinition UpdateService") },
  { on: "Ecs", for: ROLL, actions: of("ecs", "UpdateService") },
  { on: "Ecs", for: ["deploy-version"], actions: of("ecs", "RegisterTaskDefinition") },
  {
    on: "Ecs",
    for: ["deploy-version", "rollback"],
    actions: of("ecs", "StopServiceDeployment"),
    because: "goes back in the middle of a deployment",
  },
  {
    on: "Ecs",
    for: [...LOOK, "versions", ...ROLL],
    actions: of("ecs", "DescribeServiceRevisions ListServiceDeployments"),
    because: "sees that ECS has gone back by itself",
  },
  { on: "Ecs", for: ["run"], actions: of("ecs", "RunTask") },
  { on: "Tasks", for: ["run"], actions: of("ecs", "StopTask"), because: "Ctrl-C stops it" },
  {
    on: "Ecs",
    for: [...MAKE, "destroy", "deploy-version"],
    actions: of("ecs", "TagResource"),
    because: "every create of ECS with tags asks for it, and adopt makes the call",
  },
  { on: "Ecs", for: [...MAKE, "destroy"], actions: of("ecs", "UpdateClusterSettings") },
  {
    on: "Ecs",
    for: ["destroy"],
    actions: of("ecs", "DeleteCluster DeleteService DeleteTaskDefinitions RegisterTaskDefinition UpdateService"),
  },
  ...BALANCING,

  // How many tasks there are.
  {
    on: "Look",
    for: LOOK,
    actions: [
      ...of("application-autoscaling", "DescribeScalableTargets DescribeScalingActivities DescribeScalingPolicies"),
      ...of("cloudwatch", "DescribeAlarms"),
    ],
  },
  { on: "Scaling", for: LOOK, actions: of("application-autoscaling", "ListTagsForResource") },
  { on: "Scaling", for: MAKE, actions: of("application-autoscaling", "PutScalingPolicy RegisterScalableTarget") },
  {
    on: "Scaling",
    for: MAKE,
    actions: of("application-autoscaling", "TagResource"),
    because: "a registration with tags asks for it, and adopt makes the call",
  },
  {
    on: "Scaling",
    for: ["destroy"],
    actions: of("application-autoscaling", "DeleteScalingPolicy DeregisterScalableTarget"),
  },
  {
    on: "Look",
    for: [...MAKE, "destroy"],
    actions: of("cloudwatch", "DeleteAlarms PutMetricAlarm"),
    because: "Application Auto Scaling makes and deletes the alarms of a policy with the caller's rights",
  },
  { on: "Output", for: MAKE, actions: of("logs", "CreateLogGroup PutRetentionPolicy") },
  {
    on: "Output",
    for: MAKE,
    actions: of("logs", "TagResource"),
    because: "CreateLogGroup with tags asks for it, and adopt makes the call",
  },
  { on: "Output", for: ["destroy"], actions: of("logs", "DeleteLogGroup") },
  ...STORES,
  ...EVENTS,
];
