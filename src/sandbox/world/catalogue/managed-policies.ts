/** Managed policies that the sandbox knows, of AWS's more than a thousand: path (without slashes) -> names. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  "": [
    "AdministratorAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "AmazonEC2FullAccess",
    "AmazonEC2ReadOnlyAccess",
    "AmazonEC2ContainerRegistryFullAccess",
    "AmazonEC2ContainerRegistryPowerUser",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonECS_FullAccess",
    "AmazonECSInfrastructureRolePolicyForLoadBalancers",
    "AmazonSSMManagedInstanceCore",
    "AmazonSSMFullAccess",
    "AmazonSSMReadOnlyAccess",
    "AmazonSSMPatchAssociation",
    "AmazonRDSFullAccess",
    "AmazonRDSReadOnlyAccess",
    "AmazonRoute53FullAccess",
    "AmazonRoute53ReadOnlyAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonDynamoDBFullAccess",
    "AmazonDynamoDBReadOnlyAccess",
    "AmazonVPCFullAccess",
    "AmazonVPCReadOnlyAccess",
    "AmazonGuardDutyFullAccess_v2",
    "AutoScalingFullAccess",
    "AutoScalingReadOnlyAccess",
    "ElasticLoadBalancingFullAccess",
    "ElasticLoadBalancingReadOnly",
    "AWSCertificateManagerFullAccess",
    "AWSCertificateManagerReadOnly",
    "AWSCloudMapFullAccess",
    "AWSCodeBuildAdminAccess",
    "AWSCodeBuildDeveloperAccess",
    "AWSCodeCommitPowerUser",
    "AWSCodeDeployFullAccess",
    "AWSCodeDeployRoleForECS",
    "AWSCodePipeline_FullAccess",
    "AWSXRayDaemonWriteAccess",
    "CloudWatchAgentServerPolicy",
    "CloudWatchFullAccess",
    "CloudWatchFullAccessV2",
    "CloudWatchLogsFullAccess",
    "CloudWatchReadOnlyAccess",
    "SecretsManagerReadWrite",
  ],
  "service-role": [
    "AmazonEC2ContainerServiceforEC2Role",
    "AmazonEC2ContainerServiceAutoscaleRole",
    "AmazonEC2ContainerServiceRole",
    "AmazonEC2RoleforSSM",
    "AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity",
    "AmazonECSInfrastructureRolePolicyForVolumes",
    "AmazonECSTaskExecutionRolePolicy",
    "AmazonRDSEnhancedMonitoringRole",
    "AmazonSSMAutomationRole",
    "AmazonSSMMaintenanceWindowRole",
    "AWSCodeDeployRole",
  ],
  "aws-service-role": [
    "AmazonECSServiceRolePolicy",
    "AmazonRDSServiceRolePolicy",
    "AutoScalingServiceRolePolicy",
    "AWSApplicationAutoscalingECSServicePolicy",
    "AWSElasticLoadBalancingServiceRolePolicy",
  ],
};

export interface ManagedPolicy {
  readonly name: string;
  /** `/` or `/service-role/` ... */
  readonly path: string;
  readonly arn: string;
}

const POLICIES: ReadonlyMap<string, ManagedPolicy> = new Map(
  Object.entries(NAMES)
    .flatMap(([folder, names]) => names.map((name) => policy(folder, name)))
    .map((each) => [each.arn, each]),
);

export function managedPolicies(): ManagedPolicy[] {
  return [...POLICIES.values()];
}

export function managedPolicy(arn: string): ManagedPolicy | undefined {
  return POLICIES.get(arn);
}

function policy(folder: string, name: string): ManagedPolicy {
  const path = folder === "" ? "/" : `/${folder}/`;
  return { name, path, arn: `arn:aws:iam::aws:policy${path}${name}` };
}
