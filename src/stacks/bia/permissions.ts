import type { BiaVariables } from "../../variables/index.ts";
import { BALANCING, DRIFT, MAKE } from "../grants.ts";
import { managedPolicyArn } from "../managed-policies.ts";
import { performanceLogGroup } from "../performance-log-group.ts";
import { type Grant, of, type PermissionCommand, type Permissions, type Scope } from "../permissions.ts";
import { logGroupName } from "./service.ts";

/*
 * What the stack needs of IAM, in one place: `bia-infra permissions` prints it, docs/permissions.md shows it, and a test compares
 * it with the calls that the commands really make. Which actions take which resources and condition keys: Service Authorization
 * Reference, "Actions, resources, and condition keys" of each service.
 */

/** Commands that look at the whole stack. */
const LOOK: readonly PermissionCommand[] = ["plan", "status", "console", "outputs", ...MAKE, "destroy"];
/** Commands that look at the work machine at least. */
const MACHINE: readonly PermissionCommand[] = [...LOOK, "dev", "ssh", "db", "deploy-version"];
/** Commands that look what would keep a version from serving. */
const VERIFY: readonly PermissionCommand[] = ["deploy-version", "verify"];
/** Commands that take the lock. */
const CHANGE: readonly PermissionCommand[] = [
  ...MAKE,
  "dev",
  "deploy-version",
  "rollback",
  "restart",
  "ci-role",
  "destroy",
];
/** Commands that put a service on a revision that is there. */
const PUT_ON: readonly PermissionCommand[] = ["rollback", "restart"];

/** What the stack of these variables needs. `region` and `account` may be `*`: any. */
export function biaPermissions(variables: BiaVariables, region: string, account: string): Permissions {
  return { scopes: scopesOf(variables, region, account), grants: GRANTS };
}

function scopesOf(variables: BiaVariables, region: string, account: string): Readonly<Record<string, Scope>> {
  const { devMachine, launchTemplate, taskDefinition, cluster, service, repository, database } = variables;
  const { autoScalingGroup, capacityProvider, loadBalancer, targetGroup } = variables;
  const here = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  const iam = (resource: string) => `arn:aws:iam::${account}:${resource}`;
  const roleSettings = [devMachine.role, launchTemplate.role, taskDefinition.executionRole];
  const roles = roleSettings.map(({ name }) => iam(`role/${name}`));
  const profiles = [devMachine.role, launchTemplate.role].map(({ instanceProfile }) =>
    iam(`instance-profile/${instanceProfile}`),
  );
  const managed = [...new Set(roleSettings.flatMap(({ managedPolicies }) => managedPolicies.map(managedPolicyArn)))];
  const ours = (key: string) => ({ StringEquals: { [key]: variables.stack } });
  return {
    Look: { resources: ["*"] },
    ImagesOfAws: { resources: [`arn:aws:ssm:${region}::parameter/aws/service/*`] },
    OwnParameters: { resources: [here("ssm", `parameter/bia-infra/${variables.stack}/*`)] },
    Commands: { resources: [`arn:aws:ssm:${region}::document/AWS-RunShellScript`] },
    Sessions: { resources: [`arn:aws:ssm:${region}::document/AWS-StartInteractiveCommand`] },
    Forwarding: { resources: [`arn:aws:ssm:${region}::document/AWS-StartPortForwardingSessionToRemoteHost`] },
    OnOwnMachines: { resources: [here("ec2", "instance/*")], condition: ours("ssm:resourceTag/bia-infra:stack") },
    // AWS replaces the variable by the caller's own id.
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of IAM
    OwnSessions: { resources: [here("ssm", "session/${aws:userid}-*")] },
    DataChannel: { resources: ["*"] },
    Roles: { resources: roles },
    OnlyThesePolicies: { resources: roles, condition: { ArnLike: { "iam:PolicyARN": managed } } },
    CiRole: { resources: [iam(`role/${variables.stack}-ci-*`)] },
    IdentityProviders: { resources: [iam("oidc-provider/token.actions.githubusercontent.com")] },
    InstanceProfiles: { resources: profiles },
    PassRoles: {
      resources: roles,
      // AddRoleToInstanceProfile passes a role to no service.
      condition: { StringEqualsIfExists: { "iam:PassedToService": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"] } },
    },
    RolesOfServices: {
      resources: [iam("role/aws-service-role/*")],
      condition: {
        StringEquals: {
          "iam:AWSServiceName": ["ecs", "autoscaling", "elasticloadbalancing", "rds"].map(
            (name) => `${name}.amazonaws.com`,
          ),
        },
      },
    },
    Ec2New: { resources: ["*"] },
    Ec2Own: { resources: ["*"], condition: ours("aws:ResourceTag/bia-infra:stack") },
    ScalingGroup: {
      resources: [
        `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:*:autoScalingGroupName/${autoScalingGroup.name}`,
      ],
    },
    Ecs: {
      resources: [
        here("ecs", `cluster/${cluster.name}`),
        here("ecs", `service/${cluster.name}/${service.name}`),
        here("ecs", `service-deployment/${cluster.name}/${service.name}/*`),
        here("ecs", `service-revision/${cluster.name}/${service.name}/*`),
        here("ecs", `capacity-provider/${capacityProvider.name}`),
        here("ecs", `task-definition/${taskDefinition.family}:*`),
      ],
    },
    Tasks: { resources: [here("ecs", `task/${cluster.name}/*`)] },
    EcsUnscoped: { resources: ["*"] },
    Balancing: {
      resources: [
        here("elasticloadbalancing", `*/app/${loadBalancer === false ? "*" : loadBalancer.name}/*`),
        here("elasticloadbalancing", `targetgroup/${targetGroup.name}/*`),
      ],
    },
    Registry: { resources: [here("ecr", `repository/${repository.name}`)] },
    Database: {
      resources: [
        here("rds", `db:${database.identifier}`),
        here("rds", "og:default*"),
        here("rds", "pg:default*"),
        here("rds", "subgrp:default"),
      ],
    },
    Output: {
      // For the calls for tags without the asterisk, for the others with it (CloudWatch Logs, LogGroup).
      resources: [logGroupName(variables), performanceLogGroup(cluster.name)].flatMap((group) => [
        here("logs", `log-group:${group}`),
        here("logs", `log-group:${group}:*`),
      ]),
    },
    DomainNew: { resources: ["*"] },
    Certificates: { resources: [here("acm", "certificate/*")] },
    Zones: { resources: ["arn:aws:route53:::hostedzone/*"] },
  };
}

/** A new call of the product gets its action here: under the commands that make it, on the narrowest scope that IAM knows for it. */
const GRANTS: readonly Grant[] = [
  // Reading.
  {
    on: "Look",
    for: MACHINE,
    actions: [
      ...of("ec2", "DescribeImages DescribeInstances DescribeSecurityGroupRules"),
      ...of("ec2", "DescribeSecurityGroups DescribeSubnets DescribeVolumes DescribeVpcs"),
      ...of("iam", "GetInstanceProfile GetRole ListAttachedRolePolicies"),
    ],
  },
  {
    on: "Look",
    for: LOOK,
    actions: [
      ...of("acm", "DescribeCertificate ListCertificates ListTagsForCertificate"),
      ...of("autoscaling", "DescribeAutoScalingGroups"),
      ...of("ec2", "DescribeLaunchTemplateVersions DescribeLaunchTemplates"),
      ...of("ecr", "DescribeRepositories GetLifecyclePolicy ListTagsForResource"),
      ...of("ecs", "DescribeCapacityProviders DescribeClusters DescribeServices DescribeTaskDefinition"),
      ...of("elasticloadbalancing", "DescribeListeners DescribeLoadBalancers DescribeTags"),
      ...of("elasticloadbalancing", "DescribeTargetGroupAttributes DescribeTargetGroups DescribeTargetHealth"),
      ...of("iam", "GetRolePolicy"),
      ...of("logs", "DescribeLogGroups ListTagsForResource"),
      ...of("rds", "DescribeDBInstances"),
      ...of("route53", "ListHostedZonesByName ListResourceRecordSets ListTagsForResources"),
      ...of("ssm", "ListTagsForResource"),
    ],
  },
  {
    on: "Look",
    for: ["deploy-version"],
    actions: [
      ...of("acm", "DescribeCertificate ListCertificates ListTagsForCertificate"),
      ...of("elasticloadbalancing", "DescribeListeners DescribeLoadBalancers DescribeTags"),
      ...of("elasticloadbalancing", "DescribeTargetGroupAttributes DescribeTargetGroups"),
      ...of("route53", "ListHostedZonesByName ListResourceRecordSets ListTagsForResources"),
    ],
    because: "asks the load balancer which version answers, and the site with `--probe`",
  },
  {
    on: "Look",
    for: PUT_ON,
    actions: [
      ...of("ec2", "DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets DescribeVpcs"),
      ...of("elasticloadbalancing", "DescribeLoadBalancers DescribeTags"),
    ],
    because: "asks the load balancer which version answers",
  },
  { on: "Look", for: LOOK.filter((one) => one !== "destroy"), actions: of("ecr", "DescribeImages") },
  { on: "Look", for: ["plan", "status", "console", "outputs", "dev"], actions: of("ssm", "ListCommandInvocations") },
  {
    on: "Look",
    for: MAKE,
    actions: of("ssm", "ListCommandInvocations"),
    because: "joins a script that an earlier run left under way",
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
    for: ["plan", "status", ...MAKE, "dev", "destroy"],
    actions: of("ec2", "DescribeTags"),
  },
  {
    on: "Look",
    for: ["deploy-version"],
    actions: of("ec2", "DescribeTags"),
    because: "looks at the machine's receipts again after a change of another run's",
  },
  {
    on: "Look",
    for: MACHINE,
    actions: of("ec2", "DescribeVolumesModifications"),
    because: "tells whether a disk that is not as it should be is about to be",
  },
  {
    on: "Look",
    for: ["plan", "status", "destroy"],
    actions: of("ec2", "DescribeAddresses DescribeKeyPairs DescribeNetworkInterfaces DescribeSnapshots"),
    because: "tells whether what somebody gave the stack's tag is still there",
  },
  {
    on: "Look",
    for: LOOK,
    actions: [
      ...of("autoscaling", "DescribeScalingActivities"),
      ...of("ec2", "DescribeIamInstanceProfileAssociations DescribeRegions DescribeRouteTables"),
      ...of("ecs", "DescribeTasks ListTasks"),
      ...of("elasticloadbalancing", "DescribeLoadBalancerAttributes"),
    ],
    because: "says why something is not ready or not as it should be, and for which region an older version made it",
  },
  {
    on: "Look",
    for: MAKE,
    actions: [
      ...of("ec2", "DescribeAccountAttributes DescribeAddresses DescribeAvailabilityZones DescribeInternetGateways"),
      ...of("ec2", "DescribeVpcAttribute GetSecurityGroupsForVpc"),
      ...of("rds", "DescribeDBSubnetGroups"),
    ],
    because: "Elastic Load Balancing and RDS look at the network with the caller's rights",
  },
  {
    on: "Look",
    for: MAKE,
    actions: [
      ...of("rds", "DescribeDBEngineVersions DescribeOrderableDBInstanceOptions"),
      ...of("ssm", "DescribeInstanceInformation GetCommandInvocation"),
    ],
  },
  {
    on: "Look",
    for: ["dev", "deploy-version"],
    actions: of("ssm", "DescribeInstanceInformation GetCommandInvocation"),
  },
  {
    on: "Look",
    for: ["dev"],
    actions: of("ssm", "ListTagsForResource"),
    because: "`app.env` and `dev env` look at the app's secrets",
  },
  {
    on: "Look",
    for: VERIFY,
    actions: [
      ...of("ecr", "BatchGetImage DescribeImages DescribeRepositories GetAuthorizationToken GetLifecyclePolicy"),
      ...of("ecr", "ListTagsForResource"),
      ...of("ecs", "DescribeContainerInstances DescribeServices DescribeTaskDefinition DescribeTasks"),
      ...of("ecs", "ListContainerInstances ListTasks"),
      ...of("elasticloadbalancing", "DescribeLoadBalancers DescribeTargetGroups DescribeTargetHealth"),
      ...of("iam", "GetRolePolicy SimulatePrincipalPolicy"),
      ...of("logs", "DescribeLogGroups ListTagsForResource"),
      ...of("rds", "DescribeDBInstances"),
      ...of("ssm", "DescribeParameters ListTagsForResource"),
    ],
  },
  { on: "Look", for: ["deploy-version"], actions: of("ssm", "ListCommandInvocations") },
  {
    on: "Look",
    for: ["verify"],
    actions: [
      ...of("ec2", "DescribeInstances DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets DescribeVpcs"),
      ...of("iam", "GetRole ListAttachedRolePolicies"),
    ],
  },
  {
    on: "Look",
    for: ["verify"],
    actions: of("iam", "GetInstanceProfile"),
    because: "asks what the machines may do where the execution role may not",
  },
  { on: "Look", for: ["stacks"], actions: of("ec2", "DescribeTags") },
  {
    on: "Look",
    for: ["stacks"],
    actions: [
      ...of("ec2", "DescribeAddresses DescribeInstances DescribeKeyPairs DescribeLaunchTemplates"),
      ...of("ec2", "DescribeNetworkInterfaces DescribeSecurityGroups DescribeSnapshots DescribeVolumes"),
    ],
    because: "tells whether what the listing of tags names is still there",
  },
  {
    on: "Registry",
    for: ["deploy-version"],
    actions: of("ecr", "BatchCheckLayerAvailability CompleteLayerUpload InitiateLayerUpload PutImage UploadLayerPart"),
    because: "`--builder docker` pushes with your own rights",
  },
  {
    on: "Look",
    for: VERIFY,
    actions: of("ecr", "GetDownloadUrlForLayer"),
    because: "the registry asks for it where an image's configuration is read",
  },
  {
    on: "Look",
    for: VERIFY,
    actions: [...of("autoscaling", "DescribeAutoScalingGroups"), ...of("ecs", "DescribeCapacityProviders")],
    because: "tells whether a machine may be added where there is too little room",
  },
  { on: "Look", for: ["ssh"], actions: of("ssm", "GetCommandInvocation") },
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
  { on: "Look", for: ["console", "exec"], actions: of("ecs", "DescribeContainerInstances DescribeTasks ListTasks") },
  {
    on: "Look",
    for: ["console"],
    actions: [
      ...of("ec2", "GetConsoleOutput"),
      ...of("ecs", "ListContainerInstances ListServices"),
      ...of("elasticloadbalancing", "DescribeRules"),
      ...of("ssm", "DescribeInstanceInformation"),
    ],
  },
  { on: "Look", for: ["exec"], actions: of("ssm", "GetCommandInvocation") },
  {
    on: "Look",
    for: ["exec"],
    actions: of("ecs", "ExecuteCommand"),
    because: "runs commands in tasks that were started for ECS Exec",
  },
  {
    on: "Look",
    for: ["run"],
    actions: [
      ...of("ecs", "DescribeContainerInstances DescribeServices DescribeTaskDefinition DescribeTasks"),
      ...of("ecs", "ListContainerInstances ListTasks"),
      ...of("elasticloadbalancing", "DescribeTargetHealth"),
    ],
  },
  { on: "Ecs", for: ["deploy-version"], actions: of("ecs", "RunTask"), because: "`--migrate` runs a task" },
  { on: "Look", for: ["run"], actions: of("ecs", "ListTaskDefinitions"), because: "`--tag` looks for a version" },
  { on: "Look", for: ["db"], actions: of("rds", "DescribeDBInstances") },
  {
    on: "Look",
    for: ["dev"],
    actions: of("rds", "DescribeDBInstances"),
    because: "`--database rds` asks where the database is",
  },
  {
    on: "Look",
    for: ["doctor"],
    actions: [
      ...of("autoscaling", "DescribeAccountLimits"),
      ...of("ec2", "DescribeInstanceTypeOfferings DescribeInstanceTypes DescribeInstances DescribeRegions"),
      ...of("ec2", "DescribeRouteTables DescribeSubnets DescribeVpcs"),
      ...of("elasticloadbalancing", "DescribeAccountLimits DescribeLoadBalancers DescribeTargetGroups"),
      ...of("iam", "GetAccountSummary GetRole"),
      ...of("rds", "DescribeAccountAttributes DescribeDBEngineVersions DescribeOrderableDBInstanceOptions"),
      ...of("route53", "GetAccountLimit"),
      ...of("servicequotas", "GetServiceQuota"),
    ],
  },
  {
    on: "Look",
    for: ["doctor"],
    actions: of("route53", "GetHostedZone ListHostedZonesByName"),
    because: "looks at the domain's zone, where there is a domain",
  },
  {
    on: "Look",
    for: ["destroy"],
    actions: [
      ...of("application-autoscaling", "DescribeScalableTargets"),
      ...of("dynamodb", "ListTables"),
      ...of("ecs", "ListClusters ListTaskDefinitionFamilies"),
      ...of("iam", "ListInstanceProfiles ListInstanceProfilesForRole ListRolePolicies ListRoles"),
      ...of("events", "ListRules"),
      ...of("logs", "DescribeResourcePolicies"),
      ...of("rds", "DescribeDBSnapshots DescribeDBSubnetGroups"),
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
      ...of("application-autoscaling", "ListTagsForResource"),
      ...of("ec2", "DescribeNetworkInterfaces"),
      ...of("ecs", "DescribeContainerInstances ListContainerInstances ListServices"),
      ...of("events", "ListTagsForResource"),
      ...of("iam", "ListInstanceProfileTags ListRoleTags"),
      ...of("dynamodb", "DescribeTable ListTagsOfResource"),
      ...of("rds", "ListTagsForResource"),
      ...of("servicediscovery", "ListTagsForResource"),
    ],
    because: "names what is left and what is in the way",
  },
  { on: "ImagesOfAws", for: MACHINE, actions: of("ssm", "GetParameters") },

  // Locks, secrets and scripts.
  { on: "OwnParameters", for: [...LOOK, "unlock", "verify"], actions: of("ssm", "GetParameter") },
  {
    on: "Look",
    for: ["versions", ...PUT_ON],
    actions: [
      ...of("ecs", "DescribeServices DescribeTaskDefinition DescribeTasks ListTasks"),
      ...of("elasticloadbalancing", "DescribeTargetHealth"),
    ],
  },
  {
    on: "Look",
    for: ["versions", "deploy-version", ...PUT_ON],
    actions: of("ecs", "DescribeContainerInstances ListContainerInstances"),
    because: "says why tasks find no place",
  },
  { on: "Look", for: ["versions", "rollback"], actions: of("ecs", "ListTaskDefinitions") },
  {
    on: "OwnParameters",
    for: ["dev", "deploy-version", "ci-role", ...PUT_ON],
    actions: of("ssm", "GetParameter"),
    because: "renews the lock, and says who holds it",
  },
  { on: "OwnParameters", for: ["db"], actions: of("ssm", "GetParameter") },
  { on: "OwnParameters", for: CHANGE, actions: of("ssm", "DeleteParameter PutParameter") },
  {
    on: "OwnParameters",
    for: ["unlock"],
    actions: of("ssm", "DeleteParameter"),
    because: "removes the lock, where there is one",
  },
  {
    on: "OwnParameters",
    for: MAKE,
    actions: of("ssm", "AddTagsToResource"),
    because: "PutParameter with tags asks for it, and adopt makes the call",
  },
  {
    on: "OwnParameters",
    for: ["dev"],
    actions: of("ssm", "AddTagsToResource"),
    because: "`dev env set` makes the parameter with tags, where it is not there yet",
  },
  { on: "Commands", for: [...MAKE, "dev", "ssh", "exec", "deploy-version"], actions: of("ssm", "SendCommand") },
  { on: "OnOwnMachines", for: [...MAKE, "dev", "ssh", "exec", "deploy-version"], actions: of("ssm", "SendCommand") },
  {
    on: "Sessions",
    for: ["ssh"],
    actions: of("ssm", "StartSession"),
    because: "opens a shell on AWS",
  },
  {
    on: "Forwarding",
    for: ["db"],
    actions: of("ssm", "StartSession"),
    because: "leads to the database over the work machine",
  },
  {
    on: "OnOwnMachines",
    for: ["ssh", "db"],
    actions: of("ssm", "StartSession"),
    because: "opens a shell on AWS, or the way to the database",
  },
  {
    on: "OwnSessions",
    for: ["ssh", "db"],
    actions: of("ssm", "ResumeSession TerminateSession"),
    because: "the session-manager-plugin and the end of a session",
  },
  {
    on: "DataChannel",
    for: ["ssh", "db"],
    actions: of("ssmmessages", "OpenDataChannel"),
    because: "the session-manager-plugin",
  },

  // Roles.
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
    on: "CiRole",
    for: ["ci-role"],
    actions: of("iam", "CreateRole GetRole GetRolePolicy ListAttachedRolePolicies PutRolePolicy"),
  },
  {
    on: "CiRole",
    for: ["ci-role"],
    actions: of("iam", "UpdateAssumeRolePolicy TagRole"),
    because: "another repository or branch is put right, and CreateRole with tags asks for the other",
  },
  {
    on: "CiRole",
    for: ["ci-role"],
    actions: of("iam", "DeleteRole DeleteRolePolicy ListInstanceProfilesForRole ListRolePolicies"),
    because: "`--delete`",
  },
  {
    on: "IdentityProviders",
    for: ["ci-role"],
    actions: of("iam", "CreateOpenIDConnectProvider GetOpenIDConnectProvider"),
  },
  {
    on: "IdentityProviders",
    for: ["ci-role"],
    actions: of("iam", "AddClientIDToOpenIDConnectProvider DeleteOpenIDConnectProvider TagOpenIDConnectProvider"),
    because: "`--delete`, a provider without the audience, and tags on the new one",
  },
  {
    on: "Look",
    for: ["ci-role"],
    actions: of("iam", "ListRoles"),
    because: "`--delete` asks who else trusts the provider",
  },
  { on: "OnlyThesePolicies", for: MAKE, actions: of("iam", "AttachRolePolicy") },
  { on: "OnlyThesePolicies", for: ["destroy"], actions: of("iam", "DetachRolePolicy") },
  { on: "InstanceProfiles", for: MAKE, actions: of("iam", "AddRoleToInstanceProfile CreateInstanceProfile") },
  {
    on: "InstanceProfiles",
    for: MAKE,
    actions: of("iam", "TagInstanceProfile"),
    because: "CreateInstanceProfile with tags asks for it, and adopt makes the call",
  },
  {
    on: "InstanceProfiles",
    for: ["repair", "adopt"],
    actions: of("iam", "RemoveRoleFromInstanceProfile"),
    because: DRIFT,
  },
  {
    on: "InstanceProfiles",
    for: ["destroy"],
    actions: of("iam", "DeleteInstanceProfile RemoveRoleFromInstanceProfile"),
  },
  {
    on: "PassRoles",
    for: [...MAKE, "deploy-version", "run"],
    actions: of("iam", "PassRole"),
    because: "whoever gives a role to a machine, a group or a task passes it",
  },
  {
    on: "RolesOfServices",
    for: MAKE,
    actions: of("iam", "CreateServiceLinkedRole"),
    because: "a service makes its role when an account uses it for the first time",
  },

  // EC2 and Auto Scaling.
  {
    on: "Ec2New",
    for: MAKE,
    actions: of(
      "ec2",
      "AuthorizeSecurityGroupIngress CreateLaunchTemplate CreateSecurityGroup CreateTags RunInstances",
    ),
  },
  { on: "Ec2New", for: ["dev", "deploy-version"], actions: of("ec2", "CreateTags") },
  { on: "Ec2Own", for: ["dev"], actions: of("ec2", "DeleteTags") },
  {
    on: "Ec2Own",
    for: ["repair", "adopt"],
    actions: [
      ...of("ec2", "AssociateIamInstanceProfile CreateLaunchTemplateVersion DeleteTags DisassociateIamInstanceProfile"),
      ...of("ec2", "ModifyInstanceAttribute ModifyInstanceMetadataOptions ModifyLaunchTemplate ModifyVolume"),
      ...of("ec2", "ReplaceIamInstanceProfileAssociation RevokeSecurityGroupIngress StartInstances StopInstances"),
      ...of("ec2", "UpdateSecurityGroupRuleDescriptionsIngress"),
    ],
    because: DRIFT,
  },
  { on: "Ec2Own", for: ["destroy"], actions: of("ec2", "DeleteLaunchTemplate DeleteSecurityGroup TerminateInstances") },
  {
    on: "Ec2Own",
    for: ["destroy"],
    actions: of("ec2", "RevokeSecurityGroupIngress"),
    because: "takes a rule away that keeps a group from being deleted",
  },
  { on: "ScalingGroup", for: MAKE, actions: of("autoscaling", "CreateAutoScalingGroup EnableMetricsCollection") },
  {
    on: "ScalingGroup",
    for: MAKE,
    actions: of("autoscaling", "CreateOrUpdateTags"),
    because: "CreateAutoScalingGroup with tags and ECS's CreateCapacityProvider ask for it, and adopt makes the call",
  },
  {
    on: "ScalingGroup",
    for: ["repair", "adopt"],
    actions: [
      ...of("autoscaling", "AttachLoadBalancerTargetGroups DetachLoadBalancerTargetGroups"),
      ...of("autoscaling", "DisableMetricsCollection UpdateAutoScalingGroup"),
    ],
    because: DRIFT,
  },
  { on: "ScalingGroup", for: ["destroy"], actions: of("autoscaling", "DeleteAutoScalingGroup") },

  // The app.
  {
    on: "Ecs",
    for: MAKE,
    actions: of("ecs", "CreateCapacityProvider CreateService PutClusterCapacityProviders RegisterTaskDefinition"),
  },
  { on: "Ecs", for: PUT_ON, actions: of("ecs", "UpdateService") },
  {
    on: "Ecs",
    for: ["deploy-version", "rollback"],
    actions: of("ecs", "StopServiceDeployment"),
    because: "goes back in the middle of a deployment",
  },
  {
    on: "Ecs",
    for: [...LOOK, "deploy-version", "versions", ...PUT_ON],
    actions: of("ecs", "DescribeServiceRevisions ListServiceDeployments"),
    because: "sees that ECS has gone back by itself",
  },
  { on: "Ecs", for: ["deploy-version"], actions: of("ecs", "RegisterTaskDefinition UpdateService") },
  {
    on: "Ecs",
    for: [...MAKE, "deploy-version"],
    actions: of("ecs", "TagResource"),
    because: "every create of ECS with tags asks for it, and adopt makes the call",
  },
  {
    on: "Ecs",
    for: ["repair", "adopt"],
    actions: of("ecs", "UpdateCapacityProvider UpdateClusterSettings UpdateService"),
    because: DRIFT,
  },
  {
    on: "Ecs",
    for: ["destroy"],
    actions: [
      ...of("ecs", "DeleteCapacityProvider DeleteCluster DeleteService DeleteTaskDefinitions"),
      ...of("ecs", "PutClusterCapacityProviders"),
    ],
  },
  { on: "Ecs", for: ["run"], actions: of("ecs", "RunTask") },
  { on: "Tasks", for: ["run"], actions: of("ecs", "StopTask"), because: "Ctrl-C stops it" },
  { on: "EcsUnscoped", for: MAKE, actions: of("ecs", "CreateCluster") },
  {
    on: "EcsUnscoped",
    for: ["deploy-version"],
    actions: of("ecs", "DeregisterTaskDefinition"),
    because: "takes the revision of a version that failed out of use",
  },
  { on: "EcsUnscoped", for: ["destroy"], actions: of("ecs", "DeregisterTaskDefinition") },
  ...BALANCING,
  { on: "Registry", for: MAKE, actions: of("ecr", "CreateRepository PutLifecyclePolicy") },
  {
    on: "Registry",
    for: MAKE,
    actions: of("ecr", "TagResource"),
    because: "CreateRepository with tags asks for it, and adopt makes the call",
  },
  {
    on: "Registry",
    for: ["repair", "adopt"],
    actions: of("ecr", "PutImageScanningConfiguration PutImageTagMutability"),
    because: DRIFT,
  },
  { on: "Registry", for: ["destroy"], actions: of("ecr", "DeleteRepository") },
  { on: "Database", for: MAKE, actions: of("rds", "CreateDBInstance") },
  {
    on: "Database",
    for: MAKE,
    actions: of("rds", "AddTagsToResource"),
    because: "CreateDBInstance with tags asks for it, and adopt makes the call",
  },
  { on: "Database", for: ["repair", "adopt"], actions: of("rds", "ModifyDBInstance StartDBInstance"), because: DRIFT },
  { on: "Database", for: ["destroy"], actions: of("rds", "DeleteDBInstance") },

  { on: "Output", for: MAKE, actions: of("logs", "CreateLogGroup PutRetentionPolicy") },
  {
    on: "Output",
    for: MAKE,
    actions: of("logs", "TagResource"),
    because: "CreateLogGroup with tags asks for it, and adopt makes the call",
  },
  { on: "Output", for: ["logs"], actions: of("logs", "FilterLogEvents StartQuery") },
  { on: "Output", for: ["console", "run"], actions: of("logs", "GetLogEvents") },
  {
    on: "Output",
    for: ["versions", "deploy-version", ...PUT_ON],
    actions: of("logs", "GetLogEvents"),
    because: "shows what a task that failed has printed",
  },
  { on: "Output", for: ["destroy"], actions: of("logs", "DeleteLogGroup") },

  // The domain.
  { on: "DomainNew", for: MAKE, actions: [...of("acm", "RequestCertificate"), ...of("route53", "CreateHostedZone")] },
  {
    on: "Certificates",
    for: MAKE,
    actions: of("acm", "AddTagsToCertificate"),
    because: "RequestCertificate with tags asks for it, and adopt makes the call",
  },
  { on: "Certificates", for: ["destroy"], actions: of("acm", "DeleteCertificate") },
  { on: "Zones", for: MAKE, actions: of("route53", "ChangeResourceRecordSets ChangeTagsForResource") },
  { on: "Zones", for: ["repair", "adopt"], actions: of("route53", "UpdateHostedZoneComment"), because: DRIFT },
  { on: "Zones", for: ["destroy"], actions: of("route53", "ChangeResourceRecordSets DeleteHostedZone") },
];
