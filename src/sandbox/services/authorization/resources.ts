import type { Asked } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { definitionArn } from "./task-definitions.ts";

/** Members of an operation's input that name resources. */
export type Input = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * What a call is about, as IAM names it; nothing where a policy cannot name it either, or where the sandbox does not look.
 * (Service Authorization Reference, "Resource types" of each service)
 */
export function resourcesOf(world: World, asked: Asked): string[] {
  const { service, operation, region, account, input } = asked;
  const of = resources[service];
  if (!of) return [];
  const home = service === "iam" ? "" : region;
  return of(input as Input, operation, world, asked).map((path) => {
    if (path === "*" || path.startsWith("arn:")) return path;
    // What AWS publishes belongs to no account.
    const owner = path.startsWith("parameter/aws/") ? "" : account;
    return `arn:aws:${service}:${home}:${owner}:${path}`;
  });
}

const resources: Readonly<
  Record<string, (input: Input, operation: string, world: World, asked: Asked) => readonly string[]>
> = {
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
  ecs(input, operation, world, asked) {
    if (operation === "RunTask") return [definitionArn(world, asked) ?? "*"];
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
