import { entry } from "../entry.ts";
import type { Statement } from "../policies/statements.ts";

const ECR_PULL = [
  "ecr:GetAuthorizationToken",
  "ecr:BatchCheckLayerAvailability",
  "ecr:GetDownloadUrlForLayer",
  "ecr:BatchGetImage",
];
const ECR_READ = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:Describe*", "ecr:Get*", "ecr:List*"];
const ECR_PUSH = ["ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"];
const LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"];
const SSM_AGENT = [
  "ssm:UpdateInstanceInformation",
  "ssm:GetParameter",
  "ssm:GetParameters",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
];

/** Of other services, what comes with AmazonECS_FullAccess without a condition. (AWS Managed Policy Reference) */
const AROUND_ECS = Object.entries({
  "application-autoscaling": [
    ...["DeleteScalingPolicy", "DeregisterScalableTarget", "Describe*"],
    ...["PutScalingPolicy", "RegisterScalableTarget"],
  ],
  autoscaling: ["CreateAutoScalingGroup", "DeleteAutoScalingGroup", "Describe*", "UpdateAutoScalingGroup"],
  cloudwatch: ["DeleteAlarms", "DescribeAlarms", "GetMetricStatistics", "PutMetricAlarm"],
  ec2: [
    ...["AssociateRouteTable", "AttachInternetGateway", "AuthorizeSecurityGroupIngress", "CreateInternetGateway"],
    ...["CreateLaunchTemplate", "CreateRoute", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet", "CreateVpc"],
    ...["DeleteLaunchTemplate", "DeleteSubnet", "DeleteVpc", "Describe*", "DetachInternetGateway"],
    ...["DisassociateRouteTable", "ModifySubnetAttribute", "ModifyVpcAttribute", "RunInstances"],
  ],
  elasticloadbalancing: [
    ...["CreateListener", "CreateLoadBalancer", "CreateRule", "CreateTargetGroup"],
    ...["DeleteListener", "DeleteLoadBalancer", "DeleteRule", "DeleteTargetGroup"],
    ...["DescribeListeners", "DescribeLoadBalancers", "DescribeRules", "DescribeTargetGroups"],
  ],
  iam: ["ListAttachedRolePolicies", "ListInstanceProfiles", "ListRoles"],
  logs: ["CreateLogGroup", "DescribeLogGroups", "FilterLogEvents"],
  route53: ["CreateHostedZone", "DeleteHostedZone", "GetHostedZone", "ListHostedZonesByName"],
}).flatMap(([service, actions]) => actions.map((action) => `${service}:${action}`));
const EC2_READ = [
  "autoscaling:Describe*",
  "cloudwatch:Describe*",
  "cloudwatch:GetMetricStatistics",
  "cloudwatch:ListMetrics",
  "ec2:Describe*",
  "elasticloadbalancing:Describe*",
];
/** Prefixes of the services' actions. */
const ALL_BUT_IAM = [
  ...["acm", "application-autoscaling", "autoscaling", "cloudwatch", "ec2", "ecr", "ecs", "elasticloadbalancing"],
  ...["logs", "rds", "route53", "servicequotas", "ssm", "ssmmessages"],
];

/** Of what a managed policy allows on everything, the actions of services that are here. */
const GRANTS: Readonly<Record<string, readonly string[]>> = {
  AdministratorAccess: ["*"],
  PowerUserAccess: ALL_BUT_IAM.map((service) => `${service}:*`),
  ReadOnlyAccess: [
    ...ECR_READ,
    ...[...ALL_BUT_IAM, "iam"].flatMap((service) => ["Describe*", "Get*", "List*"].map((verb) => `${service}:${verb}`)),
  ],
  AmazonEC2FullAccess: ["ec2:*", "elasticloadbalancing:*", "cloudwatch:*", "autoscaling:*"],
  AmazonEC2ReadOnlyAccess: EC2_READ,
  AmazonRDSFullAccess: [
    "rds:*",
    "cloudwatch:*MetricAlarm",
    "ec2:Describe*",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
  ],
  AmazonRDSReadOnlyAccess: ["rds:Describe*", "rds:ListTagsForResource", "ec2:Describe*", "logs:DescribeLogStreams"],
  AmazonRoute53FullAccess: ["route53:*", "elasticloadbalancing:DescribeLoadBalancers", "ec2:DescribeVpcs"],
  AmazonRoute53ReadOnlyAccess: ["route53:Get*", "route53:List*"],
  AmazonVPCReadOnlyAccess: ["ec2:Describe*"],
  AutoScalingFullAccess: [
    "autoscaling:*",
    "cloudwatch:PutMetricAlarm",
    "ec2:Describe*",
    "elasticloadbalancing:Describe*",
  ],
  AutoScalingReadOnlyAccess: ["autoscaling:Describe*"],
  AWSCertificateManagerFullAccess: ["acm:*"],
  AWSCertificateManagerReadOnly: ["acm:DescribeCertificate", "acm:GetCertificate", "acm:List*"],
  CloudWatchFullAccess: ["autoscaling:Describe*", "cloudwatch:*", "logs:*"],
  CloudWatchLogsFullAccess: ["logs:*", "cloudwatch:GenerateQuery"],
  CloudWatchReadOnlyAccess: [
    "autoscaling:Describe*",
    ...["Describe*", "Get*", "List*"].flatMap((verb) => [`cloudwatch:${verb}`, `logs:${verb}`]),
  ],
  ElasticLoadBalancingFullAccess: ["elasticloadbalancing:*", "ec2:Describe*"],
  ElasticLoadBalancingReadOnly: ["elasticloadbalancing:Describe*", "elasticloadbalancing:Get*", "ec2:Describe*"],
  IAMFullAccess: ["iam:*"],
  IAMReadOnlyAccess: ["iam:Get*", "iam:List*", "iam:Simulate*"],
  AmazonSSMManagedInstanceCore: SSM_AGENT,
  "service-role/AmazonEC2RoleforSSM": SSM_AGENT,
  AmazonSSMFullAccess: ["ssm:*"],
  AmazonSSMReadOnlyAccess: ["ssm:Describe*", "ssm:Get*", "ssm:List*"],
  AmazonECS_FullAccess: ["ecs:*", ...AROUND_ECS],
  "service-role/AmazonEC2ContainerServiceforEC2Role": [
    "ec2:DescribeTags",
    "ecs:CreateCluster",
    "ecs:RegisterContainerInstance",
    "ecs:DeregisterContainerInstance",
    "ecs:SubmitTaskStateChange",
    ...ECR_PULL,
    ...LOGS,
  ],
  "service-role/AmazonECSTaskExecutionRolePolicy": [...ECR_PULL, ...LOGS],
  AmazonEC2ContainerRegistryFullAccess: ["ecr:*"],
  AmazonEC2ContainerRegistryPowerUser: [...ECR_READ, ...ECR_PUSH],
  AmazonEC2ContainerRegistryReadOnly: ECR_READ,
  AmazonEC2ContainerRegistryPullOnly: ECR_PULL,
};

/** What a managed policy allows under a condition, of the actions that are asked for here. (AWS Managed Policy Reference) */
const CONDITIONAL: Readonly<Record<string, readonly Statement[]>> = {
  AmazonECS_FullAccess: [
    passing("*", "ecs-tasks.amazonaws.com"),
    passing("arn:aws:iam::*:role/ecsInstanceRole*", "ec2.amazonaws.com"),
    passing("arn:aws:iam::*:role/ecsAutoscaleRole*", "application-autoscaling.amazonaws.com"),
  ],
};

function passing(Resource: string, service: string): Statement {
  return {
    Effect: "Allow",
    Action: "iam:PassRole",
    Resource,
    Condition: { StringLike: { "iam:PassedToService": service } },
  };
}

/** What a managed policy says, as far as it matters here; nothing for one that does not. */
export function managedStatements(policyArn: string): Statement[] {
  const name = policyArn.replace("arn:aws:iam::aws:policy/", "");
  const Action = entry(GRANTS, name);
  const plain: Statement[] = Action ? [{ Effect: "Allow", Action, Resource: "*" }] : [];
  return [...plain, ...(entry(CONDITIONAL, name) ?? [])];
}
