/** Keys that every service has. ("AWS global condition context keys") Of an organization, of VPC endpoints and of MFA nothing is here, so those have no value. */
const GLOBAL = [
  ...["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast", "aws:CurrentTime", "aws:EpochTime"],
  ...["aws:FederatedProvider", "aws:MultiFactorAuthAge", "aws:MultiFactorAuthPresent", "aws:PrincipalAccount"],
  ...["aws:PrincipalArn", "aws:PrincipalIsAWSService", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"],
  ...["aws:PrincipalServiceName", "aws:PrincipalServiceNamesList", "aws:PrincipalType", "aws:referer"],
  ...["aws:RequestedRegion", "aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths"],
  ...["aws:SecureTransport", "aws:SourceAccount", "aws:SourceArn", "aws:SourceIdentity", "aws:SourceIp"],
  ...["aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceVpc", "aws:SourceVpce", "aws:TagKeys", "aws:userid"],
  ...["aws:username", "aws:ViaAWSService", "aws:VpcSourceIp"],
];

/** Keys of one service. (Service Authorization Reference, "Condition keys" of each) */
const OF_SERVICES = [
  "cloudwatch:namespace",
  ...["dynamodb:LeadingKeys", "dynamodb:ReturnConsumedCapacity", "dynamodb:ReturnValues", "dynamodb:Select"],
  ...["ec2:CreateAction", "ec2:Region"],
  ...["ecs:cluster", "ecs:container-name", "ecs:enable-execute-command", "ecs:task-definition"],
  ...["iam:AWSServiceName", "iam:PassedToService", "iam:PolicyARN"],
  ...["secretsmanager:Name", "secretsmanager:SecretId", "secretsmanager:VersionId", "secretsmanager:VersionStage"],
  ...["sts:ExternalId", "sts:RoleSessionName"],
];

/** Keys that end in a tag's. */
const OF_TAGS = ["aws:PrincipalTag/", "aws:RequestTag/", "aws:ResourceTag/"];
/** Services with their own name for `aws:ResourceTag/`. */
const WITH_RESOURCE_TAGS = [
  ...["autoscaling", "ec2", "ecr", "ecs", "elasticloadbalancing", "iam", "secretsmanager", "ssm"],
];

const KNOWN = new Set([...GLOBAL, ...OF_SERVICES].map((key) => key.toLowerCase()));
const FAMILIES = [...OF_TAGS, ...WITH_RESOURCE_TAGS.map((service) => `${service}:ResourceTag/`)].map((family) =>
  family.toLowerCase(),
);

/** Whether the sandbox knows what a condition key is about; what tokens of an identity provider claim is named after its host. */
export function isKnownKey(key: string): boolean {
  const lower = key.toLowerCase();
  return (
    KNOWN.has(lower) || FAMILIES.some((family) => lower.startsWith(family)) || /^[\w-]+(\.[\w-]+)+[^:]*:/.test(lower)
  );
}

/** The tag's key in a key of conditions about the tags of the resource; undefined: it is about something else. */
export function resourceTagIn(key: string): string | undefined {
  return /^[\w-]+:resourcetag\/(.+)$/.exec(key)?.[1];
}
