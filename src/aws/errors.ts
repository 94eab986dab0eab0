/** What an error means for the one who called; the engine says what each word stands for. */
export type Meaning = "exists" | "gone" | "propagation" | "busy" | "credentials" | "final";

/** Why a call failed and what to do next. */
export interface Explanation {
  readonly why: string;
  readonly next: string;
  readonly code?: string;
  readonly requestId?: string;
}

/** What an AWS error carries. `code` is the wire code, e.g. `NoSuchEntity`. */
export interface AwsError {
  readonly code: string;
  readonly message: string;
  readonly requestId?: string;
}

/**
 * AWS's error, read from what the SDK threw; undefined when it is not one. For modelled errors of the query and XML
 * protocols the SDK's `name` is the shape's (`NoSuchEntityException`) and `Code` the wire's (`NoSuchEntity`).
 */
export function awsError(error: unknown): AwsError | undefined {
  // Faults of the network carry `$metadata` too; only what AWS itself answered has a `$fault`.
  if (!(error instanceof Error) || !("$fault" in error) || !("$metadata" in error)) return undefined;
  const { requestId } = error.$metadata as { requestId?: string };
  const code = "Code" in error && typeof error.Code === "string" ? error.Code : error.name;
  return { code, message: error.message, ...(requestId === undefined ? {} : { requestId }) };
}

/** Whether `error` is AWS's error of this code, in either of its spellings. */
export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  const aws = awsError(error);
  return aws !== undefined && codes.some((code) => code === aws.code || code === (error as Error).name);
}

/** Whether the service says that it failed itself (HTTP 5xx): what was asked for may be done or not. */
export function isServerFault(error: unknown): boolean {
  const { httpStatusCode = 0 } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  return httpStatusCode >= 500;
}

interface Sort {
  readonly code: RegExp;
  readonly message?: RegExp;
  readonly is: Meaning;
}

/** First match wins. Sources: the services' API references and API models; see docs/aws-notes.md. */
const MEANINGS: readonly Sort[] = [
  // Of an address, while a NAT gateway has it or has just been deleted (ec2:ReleaseAddress). Of keys it says something else.
  { code: /^AuthFailure$/, message: /permission to access the specified resource/, is: "busy" },
  { code: /^InvalidIPAddress\.InUse$/, is: "busy" },
  { code: /^(Resource\.AlreadyAssociated|RouteAlreadyExists)$/, is: "exists" },
  { code: /^(Gateway\.NotAttached|NatGatewayNotFound)$/, is: "gone" },
  { code: /^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired)$/, is: "credentials" },
  { code: /^(InvalidClientTokenId|UnrecognizedClientException|AuthFailure|InvalidAccessKeyId)$/, is: "credentials" },
  { code: /^(SignatureDoesNotMatch|InvalidSignatureException|MissingAuthenticationToken)$/, is: "credentials" },
  // Of a managed policy that AWS does not have: no waiting makes it appear. Of one that is not attached (any more) to what it is
  // to be detached from, IAM says `Policy ... was not found.`
  { code: /^NoSuchEntity$/, message: /^Policy .* is not attachable/, is: "final" },
  { code: /^(EntityAlreadyExists|InvalidGroup\.Duplicate|InvalidPermission\.Duplicate|AlreadyExists)$/, is: "exists" },
  { code: /^RepositoryAlreadyExistsException$/, is: "exists" },
  { code: /^RepositoryNotFoundException$/, is: "gone" },
  // Of CloudWatch Logs.
  { code: /^ResourceAlreadyExistsException$/, is: "exists" },
  { code: /^ResourceNotFoundException$/, message: /^The specified log group does not exist/, is: "gone" },
  { code: /^ResourceNotFoundException$/, message: /^Policy with name .* does not exist/, is: "gone" },
  // Of EventBridge.
  { code: /^ResourceNotFoundException$/, message: /^Rule .* does not exist/, is: "gone" },
  { code: /^ConcurrentModificationException$/, is: "busy" },
  { code: /^OperationAbortedException$/, is: "busy" },
  { code: /^HostedZoneAlreadyExists$/, is: "exists" },
  { code: /^NoSuchHostedZone$/, is: "gone" },
  // Of a zone: another batch is being applied, or others still have records in it.
  { code: /^(PriorRequestNotComplete|HostedZoneNotEmpty)$/, is: "busy" },
  { code: /^InvalidChangeBatch$/, message: /Tried to delete .* but it was not found/, is: "gone" },
  // Someone changed the record since it was read: it is read again.
  { code: /^InvalidChangeBatch$/, message: /the values provided do not match the current values/, is: "busy" },
  // Of a certificate: something else is being done to it, or its listener was deleted only minutes ago.
  { code: /^ConflictException$/, is: "busy" },
  { code: /^ResourceInUseException$/, message: /^Certificate .* in use/, is: "busy" },
  { code: /^(DuplicateLoadBalancerName|DuplicateTargetGroupName|DuplicateListener)$/, is: "exists" },
  { code: /^(LoadBalancer|TargetGroup|Listener)NotFound$/, is: "gone" },
  // Of a security group or a certificate that Elastic Load Balancing does not see yet.
  { code: /^(InvalidSecurityGroup|CertificateNotFound|UnsupportedCertificate)$/, is: "propagation" },
  { code: /^InvalidConfigurationRequest$/, message: /security groups? (is|are) invalid/, is: "propagation" },
  // Of a target group: for a while after its last listener was deleted.
  { code: /^ResourceInUse$/, message: /by a listener or a rule/, is: "busy" },
  // ECS says many things with few codes, so their words count.
  { code: /^ClientException$/, message: /capacity provider already exists/, is: "exists" },
  { code: /^ClientException$/, message: /capacity provider does not exist/, is: "gone" },
  { code: /^ClientException$/, message: /capacity provider .*(in use|in progress|it is associated)/, is: "busy" },
  { code: /^ClientException$/, message: /Cluster was not ACTIVE|Cluster cannot be deleted while/, is: "busy" },
  { code: /^(ClusterNotFoundException|ServiceNotFoundException|ServiceNotActiveException)$/, is: "gone" },
  {
    code: /^ClusterContains(Services|Tasks|ContainerInstances|CapacityProvider)Exception$/,
    is: "busy",
  },
  { code: /^UpdateInProgressException$/, is: "busy" },
  { code: /^ResourceInUseException$/, message: /capacity provider is in use/, is: "busy" },
  { code: /^InvalidParameterException$/, message: /does not have an associated load balancer/, is: "propagation" },
  { code: /^InvalidParameterException$/, message: /Unable to assume (the service linked )?role/, is: "propagation" },
  { code: /^InvalidParameterException$/, message: /capacity provider .*not in an ACTIVE state/, is: "busy" },
  { code: /^InvalidParameterException$/, message: /still Draining|cannot be stopped while/, is: "busy" },
  {
    code: /^InvalidParameterValue$/,
    message: /Invalid IAM Instance Profile|has no associated IAM Roles/,
    is: "propagation",
  },
  { code: /^InvalidLaunchTemplateName\.AlreadyExistsException$/, is: "exists" },
  { code: /^InvalidLaunchTemplateName\.NotFoundException$/, is: "gone" },
  // Auto Scaling has one code for nearly everything; in a launch template it finds what EC2 does not see yet.
  { code: /^ValidationError$/, message: /name not found - /, is: "gone" },
  { code: /^ValidationError$/, message: /Invalid IAM Instance Profile|has no associated IAM Roles/, is: "propagation" },
  { code: /^ValidationError$/, message: /launch template.* does not exist/, is: "propagation" },
  { code: /^ValidationError$/, message: /is pending delete/, is: "busy" },
  { code: /^(ScalingActivityInProgress|ResourceContention)$/, is: "busy" },
  { code: /^ResourceInUse$/, message: /AutoScalingGroup/, is: "busy" },
  { code: /^ServiceLinkedRoleFailure$/, is: "propagation" },
  // Of Application Auto Scaling, whose codes say little: a service, its own role or a target that it does not see yet. A second
  // registration with tags is one whose first answer was lost.
  {
    code: /^ValidationException$/,
    message: /ECS service doesn't exist|Unable to assume IAM role/,
    is: "propagation",
  },
  { code: /^ValidationException$/, message: /scalable target that you tried to tag already exists/, is: "exists" },
  { code: /^ObjectNotFoundException$/, message: /^No scalable target registered/, is: "propagation" },
  { code: /^ObjectNotFoundException$/, is: "gone" },
  { code: /^ConcurrentUpdateException$/, is: "busy" },
  // Of RDS: its own role is being made by this very call, or a security group is too new for it.
  { code: /^InvalidParameterValue$/, message: /permission to create service linked role/, is: "propagation" },
  { code: /^InvalidParameterValue$/, message: /[Ss]ecurity group .*(groupId=|does not exist)/, is: "propagation" },
  // Of DynamoDB.
  { code: /^ResourceInUseException$/, message: /^Table already exists/, is: "exists" },
  { code: /^ResourceInUseException$/, message: /resource which is still in use/, is: "busy" },
  { code: /^ResourceNotFoundException$/, message: /^Requested resource not found/, is: "gone" },
  { code: /^ValidationException$/, message: /create an index which already exists/, is: "exists" },
  // Of Cloud Map: the same is being made or deleted already; ECS still has services in it.
  { code: /^DuplicateRequest$/, is: "busy" },
  { code: /^ResourceInUse$/, message: /^Namespace has associated services/, is: "busy" },
  { code: /^NamespaceAlreadyExists$/, is: "exists" },
  { code: /^NamespaceNotFound$/, is: "gone" },
  // Of Secrets Manager: what is deleted stays in the way of its name for a while.
  {
    code: /^InvalidRequestException$/,
    message: /already scheduled for deletion|because it was (deleted|marked for deletion)/,
    is: "busy",
  },
  { code: /^ResourceExistsException$/, is: "exists" },
  { code: /^ResourceNotFoundException$/, message: /^Secrets Manager can't find/, is: "gone" },
  { code: /^(DBInstanceAlreadyExists|DBSubnetGroupAlreadyExists|ParameterAlreadyExists)$/, is: "exists" },
  { code: /^(DBInstanceNotFound|DBSubnetGroupNotFoundFault|ParameterNotFound)$/, is: "gone" },
  { code: /^InvalidDBInstanceState$/, is: "busy" },
  // Of a DB subnet group: an instance in it is still being deleted; a subnet is too new for RDS.
  { code: /^InvalidDBSubnetGroupStateFault$/, message: /still using it/, is: "busy" },
  { code: /^InvalidParameterValue$/, message: /^Some input subnets/, is: "propagation" },
  { code: /^MalformedPolicyDocument$/, message: /Invalid principal in policy/, is: "propagation" },
  { code: /^(NoSuchEntity|.*\.NotFound)$/, is: "gone" },
  {
    code: /^(DependencyViolation|DeleteConflict|IncorrectInstanceState|IncorrectState|ConcurrentModification)$/,
    is: "busy",
  },
  // SendCommand to a machine whose agent has not registered yet, or is just away.
  { code: /^InvalidInstanceId$/, is: "busy" },
];

/** Errors of the SDK itself when it finds no usable credentials. */
const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError|SSOTokenProviderFailure)$/;

/** What to do about an error, by its code; the first match wins. */
const NEXT_STEPS: readonly { readonly code: RegExp; readonly message?: RegExp; readonly next: string }[] = [
  {
    code: /^(ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired)$/,
    next: "Your session has expired: sign in again (`aws sso login`, or new keys), then run the same command again.",
  },
  {
    code: /^AuthFailure$/,
    message: /permission to access the specified resource/,
    next: "AWS says this of an elastic IP address that something still has: look in the VPC console what that is, delete it, then run the same command again.",
  },
  {
    code: /^InvalidParameterValue$/,
    message: /already has an internet gateway attached/,
    next: "Detach the other one from the VPC in the VPC console (Internet gateways, Actions), then run the same command again.",
  },
  {
    code: /^(InvalidClientTokenId|UnrecognizedClientException|AuthFailure|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|MissingAuthenticationToken)$/,
    next: "AWS does not know these keys: check AWS_PROFILE and `aws sts get-caller-identity`, and the computer's clock.",
  },
  {
    code: /^AccessDenied$/,
    message: /not authorized to use launch template/,
    next: "Auto Scaling says this when one of these is denied: ec2:RunInstances, ec2:CreateTags or iam:PassRole of the instances' role, or instance types by a policy of the organization (SCP). Ask whoever administers the account to allow them for your user, then run the same command again.",
  },
  {
    code: /^(AccessDenied|AccessDeniedException|UnauthorizedOperation)$/,
    next: "Ask whoever administers the account to allow this action for your user, then run the same command again.",
  },
  {
    code: /^OperationNotPermitted$/,
    message: /does not support creating load balancers/,
    next: "AWS has not opened load balancers for this account yet, and no retry changes that: open a free case under https://console.aws.amazon.com/support (Account and billing), or set `loadBalancer: false` in the variables.",
  },
  {
    code: /^OperationNotPermitted$/,
    message: /deletion protection/,
    next: "Somebody protected it from deletion: turn that off in its attributes in the console, then run the same command again.",
  },
  {
    code: /^OperationNotPermitted$/,
    message: /disableApiTermination/,
    next: "Somebody protected this instance from termination: turn that off in the EC2 console (Actions, Instance settings), then run the same command again.",
  },
  {
    code: /^OperationNotPermitted$/,
    message: /disableApiStop/,
    next: "Somebody protected this instance from being stopped, and so from termination: turn that off in the EC2 console (Actions, Instance settings, Change stop protection), then run the same command again.",
  },
  {
    code: /^ValidationError$/,
    message: /deletion protection/i,
    next: "Somebody protected this group from deletion: set its deletion protection to none in the EC2 console (Auto Scaling groups, Details), then run the same command again.",
  },
  {
    code: /^UnsupportedCertificate$/,
    next: "AWS says this of a certificate that is not issued yet, too: check in the ACM console that it is Issued, and that the domain's name servers are those of its zone.",
  },
  {
    code: /^InvalidChangeBatch$/,
    message: /conflicts with other records/,
    next: "Another record has this name already: delete it in the Route 53 console, or choose another host in the variables.",
  },
  {
    code: /^TooMany(HostedZones|LoadBalancers|TargetGroups|Listeners|Certificates)$/,
    next: "A quota of the account is full: delete what is not needed or ask for more under Service Quotas in the console.",
  },
  {
    code: /^InvalidParameterException$/,
    message: /Availability Zone Rebalancing does not support/,
    next: "Set the rebalancing of zones to DISABLED, or let more than 100 per cent of the tasks run during a deployment.",
  },
  {
    // Before the quotas: EC2's word for it ends like theirs.
    code: /^(Throttling.*|ThrottledException|RequestLimitExceeded|TooManyRequestsException|RequestThrottled.*)$/,
    next: "AWS takes fewer calls from this account at the moment: wait some minutes, then run the same command again, maybe with --concurrency 2.",
  },
  {
    code: /^VcpuLimitExceeded$/,
    next: "Stop what is not needed, or ask for more vCPUs in the console under Service Quotas, Amazon EC2, Running On-Demand Standard instances (L-1216C47A); then run the same command again.",
  },
  {
    code: /^(InstanceLimitExceeded|LimitExceeded|.*LimitExceeded(Exception)?|.*QuotaExceeded.*)$/,
    next: "A quota of the account is full: delete what is not needed or ask for more under Service Quotas in the console.",
  },
  {
    code: /^(InsufficientInstanceCapacity|InsufficientDBInstanceCapacity)$/,
    next: "AWS has no machine of this type free in this zone now: choose another zone in the variables (or another instance type), or try again later.",
  },
  {
    code: /^Unsupported$/,
    message: /not supported in your requested Availability Zone/,
    next: "This zone has no machines of this type: choose another zone in the variables (`bia-infra doctor` says which have it).",
  },
  {
    code: /^(PendingVerification|OptInRequired|AccountProblem|Blocked)$/,
    next: "AWS is still checking the account: finish its sign-up in the console, then run the same command again.",
  },
  {
    code: /^InvalidParameterCombination$/,
    message: /Free Tier/,
    next: "This account is on the Free plan: choose an instance type that it allows in the variables, or upgrade the plan.",
  },
  {
    code: /^FreeTierRestrictionError$/,
    message: /backup retention/,
    next: "This account is on the Free plan, which keeps backups for 1 day: write backupRetention: 1 for the database in the variables or leave it out, or upgrade the plan.",
  },
  {
    code: /^FreeTierRestrictionError$/,
    message: /instance size/,
    next: "This account is on the Free plan: choose db.t3.micro or db.t4g.micro as instanceClass of the database in the variables, or upgrade the plan.",
  },
  {
    code: /^FreeTierRestrictionError$/,
    next: "This account is on the Free plan, which does not allow this: change it in the variables, or upgrade the plan.",
  },
  {
    code: /^InvalidParameterCombination$/,
    message: /protected DB Instance/,
    next: "Somebody protects this database from being deleted. If it shall go, switch its deletion protection off in the RDS console, then run the same command again.",
  },
  {
    code: /^InvalidParameterCombination$/,
    message: /previous storage change is being optimized/,
    next: "RDS takes the next change of a storage some hours after the last one: run the same command again then. The database works meanwhile.",
  },
  {
    code: /^(VolumeModificationRateExceeded|IncorrectModificationState)$/,
    next: "AWS takes the next change of a volume when the last one is completed, which may take hours, and four changes in 24 hours: run the same command again then. The machine works meanwhile.",
  },
  {
    code: /^ValidationException$/,
    message: /protected against deletion/,
    next: "Somebody protected this table from being deleted: turn that off in the DynamoDB console (Additional settings), then run the same command again.",
  },
  {
    code: /^ResourceNotFoundException$/,
    message: /^The specified log group does not exist/,
    next: "Somebody has deleted it: `bia-infra plan` shows what else is missing, and `bia-infra create --all` makes it again.",
  },
  {
    code: /^NoSuchEntity$/,
    message: /^Policy .* is not attachable/,
    next: "Check the names of the managed policies in the variables: AWS has none of this name.",
  },
  {
    code: /^ValidationException$/,
    message: /Only one TargetTrackingScaling policy/,
    next: "Another policy of the service tracks this metric already: delete it (`aws application-autoscaling describe-scaling-policies --service-namespace ecs` names it), or choose another autoscaling.metric in the variables.",
  },
  {
    code: /^ValidationException$/,
    message: /missing the following permissions/,
    next: "Ask whoever administers the account to allow these actions for your user (`bia-infra permissions create` prints all), then run the same command again.",
  },
  {
    code: /^SandboxCannotSave$/,
    next: "Free some space there, then run the same command again: nothing is lost, it goes on from where it stopped.",
  },
  {
    code: /^SandboxLacksProgram$/,
    next: "Install it as it says, then run the same command again: it goes on from where it stopped.",
  },
  {
    code: /^SandboxNotEmulated$/,
    next: "Nothing is wrong with the stack: this is a gap of the sandbox, not of AWS. Leave that part out of the variables here, or use `--target aws`; and please report it with the line above.",
  },
];

const SAME_AGAIN = "Run the same command again: it goes on from where it stopped.";

/** What an error means; `final` for whatever is not AWS's. */
export function classify(error: unknown): Meaning {
  if (error instanceof Error && NO_CREDENTIALS.test(error.name)) return "credentials";
  const aws = awsError(error);
  if (!aws) return "final";
  const meaning = MEANINGS.find(({ code, message }) => code.test(aws.code) && (message?.test(aws.message) ?? true));
  return meaning?.is ?? "final";
}

/** Regions that an account has to enable before it can use them; all that AWS has opened since March 2019. (AWS Account Management, "Enable or disable AWS Regions") */
const OPT_IN =
  /^(af-.+|ap-east-\d|ap-south-2|ap-southeast-[3-9]|ca-west-1|eu-central-2|eu-south-\d|il-.+|me-.+|mx-.+)$/;
const UNKNOWN_KEYS = /^(InvalidClientTokenId|UnrecognizedClientException|AuthFailure)$/;

/**
 * Why it failed, in AWS's own words, and what to do next. `endpoint` is named when nothing answers there. A `region` that the
 * account has not enabled knows nobody's keys.
 */
export function explain(error: unknown, endpoint: string | undefined, region = ""): Explanation {
  const aws = awsError(error);
  const status = aws ? undefined : unreadableStatus(error);
  if (status !== undefined) return explainForeignAnswer(status, endpoint);
  if (!aws) return explainOther(error, endpoint);
  const step = NEXT_STEPS.find(({ code, message }) => code.test(aws.code) && (message?.test(aws.message) ?? true));
  const optIn = UNKNOWN_KEYS.test(aws.code) && OPT_IN.test(region) ? ` ${notEnabled(region)}` : "";
  return {
    why: `${aws.code}: ${aws.message}`,
    next: `${step?.next ?? SAME_AGAIN}${optIn}`,
    code: aws.code,
    ...id(aws),
  };
}

function notEnabled(region: string): string {
  return `Or the region ${region} is not enabled in this account: enable it under Account in the console (AWS Regions), or choose another one (AWS_REGION, or region in the variables).`;
}

function id({ requestId }: AwsError): { requestId?: string } {
  return requestId === undefined ? {} : { requestId };
}

/**
 * HTTP status of an answer that the SDK could not read, in whichever protocol: it leaves the status on the parser's error.
 * Undefined: that is not what happened. A connection that broke within an answer has a code.
 */
function unreadableStatus(error: unknown): number | undefined {
  const { $metadata, code } = error as { $metadata?: { httpStatusCode?: number }; code?: unknown };
  return code === undefined ? $metadata?.httpStatusCode : undefined;
}

/** What answered speaks HTTP, but not as AWS does: a proxy, or an emulator that does not implement the call. */
function explainForeignAnswer(status: number, endpoint: string | undefined): Explanation {
  return {
    why: `what answers at ${endpoint ?? "the AWS endpoint"} sent something that is not an answer of AWS (HTTP ${status})`,
    next: "Check AWS_ENDPOINT_URL and any proxy. If it is an emulator, it does not implement this call.",
  };
}

function explainOther(error: unknown, endpoint: string | undefined): { why: string; next: string } {
  const { name, message, code } = error as { name?: string; message?: string; code?: string };
  if (NO_CREDENTIALS.test(name ?? "")) {
    return {
      why: `no usable AWS credentials: ${message}`,
      next: "Sign in (`aws configure`, `aws sso login`) or set AWS_PROFILE; without `--target aws` the free sandbox is used.",
    };
  }
  if (
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET|ETIMEDOUT|EHOSTUNREACH)$/.test(code ?? "") ||
    name === "TimeoutError"
  ) {
    const where = endpoint ?? "the AWS endpoint";
    return {
      why: `nothing answers at ${where} (${code ?? name})`,
      next: endpoint
        ? `Check AWS_ENDPOINT_URL, or start what should listen at ${endpoint}.`
        : "Check the network and the region's name.",
    };
  }
  return { why: message || String(error), next: SAME_AGAIN };
}
