import { type Asked, AwsError } from "../wire/service.ts";

/** Who calls, and what its policies say. */
interface Session {
  /** In AWS's words; undefined: they allow it. @param resource ARN or `*`; absent: whatever resource the policies are about */
  denial(action: string, resource?: string): string | undefined;
}

/** Members of an operation's input that name resources. */
type Input = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Prefixes of IAM's actions that are not the service's name in the credential scope. */
const PREFIXES: Readonly<Record<string, string>> = { monitoring: "cloudwatch" };

/** Services with a code of their own for what nobody allowed; the others answer `AccessDeniedException`. */
const QUERY_SERVICES = ["autoscaling", "elasticloadbalancing", "iam", "monitoring", "rds", "route53", "sts"];

/** What IAM says to a call that none of the role's policies allows; undefined: it is allowed. Everybody may ask who he is. */
export function refusedAction(session: Session, asked: Asked): AwsError | undefined {
  const { service, operation } = asked;
  if (operation === "GetCallerIdentity") return undefined;
  const action = `${PREFIXES[service] ?? service}:${operation}`;
  const resources = resourcesOf(asked);
  const about = resources.length > 0 ? resources : [undefined];
  const message = about.map((resource) => session.denial(action, resource)).find((why) => why !== undefined);
  if (message === undefined) return undefined;
  if (service === "ec2") {
    return new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${message}`, 403);
  }
  if (QUERY_SERVICES.includes(service)) return new AwsError("AccessDenied", message, 403);
  return new AwsError("AccessDeniedException", message, 400);
}

/**
 * What a call is about, as IAM names it; nothing where a policy cannot name it either, or where the sandbox does not look.
 * (Service Authorization Reference, "Resource types" of each service)
 */
function resourcesOf({ service, operation, region, account, input }: Asked): string[] {
  const of = resources[service];
  if (!of) return [];
  const home = service === "iam" ? "" : region;
  return of(input as Input, operation).map((path) => {
    if (path === "*" || path.startsWith("arn:")) return path;
    // What AWS publishes belongs to no account.
    const owner = path.startsWith("parameter/aws/") ? "" : account;
    return `arn:aws:${service}:${home}:${owner}:${path}`;
  });
}

const resources: Readonly<Record<string, (input: Input, operation: string) => readonly string[]>> = {
  dynamodb({ TableName, IndexName, RequestItems, ResourceArn }) {
    // What is read from an index is a matter of the index alone.
    const index = IndexName === undefined ? "" : `/index/${IndexName}`;
    const batch = typeof RequestItems === "object" ? Object.keys(RequestItems) : [];
    const names = [TableName ?? ResourceArn ?? batch].flat();
    return names.length > 0 ? names.map((name) => (name.startsWith("arn:") ? name : `table/${name}${index}`)) : ["*"];
  },
  ecr(input, operation) {
    if (operation === "GetAuthorizationToken") return ["*"];
    const names = [input.repositoryName ?? input.repositoryNames ?? []].flat();
    return (names.length > 0 ? names : ["*"]).map((name) => `repository/${name}`);
  },
  ecs(input) {
    const cluster = String(input.cluster ?? "default").replace(/^arn:.*:cluster\//, "");
    const services = [input.service ?? input.serviceName ?? input.services ?? []].flat();
    const tasks = [input.task ?? input.tasks ?? []].flat();
    if (services.length > 0) return services.map((name) => within(cluster, "service", name));
    if (tasks.length > 0) return tasks.map((id) => within(cluster, "task", id));
    return ["*"];
  },
  iam({ RoleName, InstanceProfileName }) {
    if (RoleName !== undefined) return [`role/${RoleName}`];
    return InstanceProfileName === undefined ? [] : [`instance-profile/${InstanceProfileName}`];
  },
  logs({ logGroupName, logStreamName }) {
    if (logGroupName === undefined) return ["*"];
    return [`log-group:${logGroupName}:log-stream:${logStreamName ?? ""}`];
  },
  monitoring: () => ["*"],
  rds({ DBInstanceIdentifier }, operation) {
    if (DBInstanceIdentifier !== undefined) return [`db:${DBInstanceIdentifier}`];
    return operation === "DescribeDBInstances" ? ["db:*"] : [];
  },
  secretsmanager({ SecretId, Name }) {
    const name = SecretId ?? Name;
    if (typeof name !== "string") return ["*"];
    // Policies have to allow for the six characters that nobody knows before.
    return [name.startsWith("arn:") ? name : `secret:${name}-??????`];
  },
  ssm(input, operation) {
    if (!operation.includes("Parameter")) return [];
    const names = [input.Name ?? input.Names ?? input.Path ?? []].flat();
    if (names.length === 0) return ["*"];
    return names.map((name) =>
      name.startsWith("arn:") ? name : `parameter/${name.split(":")[0]?.replace(/^\//, "")}`,
    );
  },
};

/** Services and tasks are called by their ARN, too. */
function within(cluster: string, type: string, name: string): string {
  return name.startsWith("arn:") ? name : `${type}/${cluster}/${name}`;
}
