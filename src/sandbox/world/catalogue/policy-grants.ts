import { entry } from "../entry.ts";

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

/** Of what a managed policy allows, the actions that something in the sandbox depends on. */
const GRANTS: Readonly<Record<string, readonly string[]>> = {
  AdministratorAccess: ["*"],
  PowerUserAccess: ["ecr:*", "ecs:*", "ssm:*", "ssmmessages:*", "logs:*"],
  ReadOnlyAccess: [...ECR_READ, "ssm:Describe*", "ssm:Get*", "ssm:List*"],
  AmazonSSMManagedInstanceCore: SSM_AGENT,
  "service-role/AmazonEC2RoleforSSM": SSM_AGENT,
  AmazonSSMFullAccess: ["ssm:*"],
  AmazonSSMReadOnlyAccess: ["ssm:Describe*", "ssm:Get*", "ssm:List*"],
  AmazonECS_FullAccess: ["ecs:*"],
  "service-role/AmazonEC2ContainerServiceforEC2Role": [
    "ecs:RegisterContainerInstance",
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

/** Patterns of the actions that a managed policy allows on everything; none for one that matters to nothing here. */
export function grantsOf(policyArn: string): readonly string[] {
  return entry(GRANTS, policyArn.replace("arn:aws:iam::aws:policy/", "")) ?? [];
}
