import type { Asked } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { ecsResources } from "./ecs-resources.ts";
import type { Input } from "./named-input.ts";

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
  ecs: (input, operation, world, asked) => ecsResources(world, asked, input, operation),
  iam({ RoleName, InstanceProfileName, OpenIDConnectProviderArn, PolicySourceArn, PolicyArn }, operation, world) {
    // A role that goes into a profile, or out of it, is passed and not what the call is about.
    if (InstanceProfileName !== undefined) return [`instance-profile/${InstanceProfileName}`];
    if (RoleName !== undefined) return [world.iam.roles.get(String(RoleName))?.Arn ?? `role/${RoleName}`];
    const named = [OpenIDConnectProviderArn ?? PolicySourceArn ?? PolicyArn ?? []].flat();
    return operation.startsWith("List") && named.length === 0 ? ["*"] : named;
  },
  logs({ logGroupName, logGroupNames, logStreamName, resourceArn }) {
    if (typeof resourceArn === "string") return [resourceArn];
    const groups = [logGroupName ?? logGroupNames ?? []].flat();
    return groups.length === 0 ? ["*"] : groups.map((group) => `log-group:${group}:log-stream:${logStreamName ?? ""}`);
  },
  monitoring: () => ["*"],
  rds({ DBInstanceIdentifier, DBSubnetGroupName, DBSnapshotIdentifier, ResourceName }, operation) {
    if (typeof ResourceName === "string") return [ResourceName];
    const named = [
      ...(DBInstanceIdentifier === undefined ? [] : [`db:${DBInstanceIdentifier}`]),
      ...(DBSubnetGroupName === undefined ? [] : [`subgrp:${DBSubnetGroupName}`]),
      ...(DBSnapshotIdentifier === undefined ? [] : [`snapshot:${DBSnapshotIdentifier}`]),
    ];
    return named.length > 0 ? named : (RDS_LISTINGS[operation] ?? []);
  },
  secretsmanager({ SecretId, Name }) {
    const name = SecretId ?? Name;
    if (typeof name !== "string") return ["*"];
    // Policies have to allow for the six characters that nobody knows before.
    return [name.startsWith("arn:") ? name : `secret:${name}-??????`];
  },
  ssm(input, operation, _world, { region, account }) {
    if (operation === "SendCommand") {
      const { DocumentName: name, InstanceIds: ids = [] } = input;
      // What AWS publishes belongs to no account.
      const owner = String(name).startsWith("AWS-") ? "" : account;
      const machines = [ids].flat().map((id) => `arn:aws:ec2:${region}:${account}:instance/${id}`);
      return [`arn:aws:ssm:${region}:${owner}:document/${name}`, ...machines];
    }
    if (!operation.includes("Parameter")) return [];
    const names = [input.Name ?? input.Names ?? input.Path ?? []].flat();
    if (names.length === 0) return ["*"];
    return names.map((name) =>
      name.startsWith("arn:") ? name : `parameter/${name.split(":")[0]?.replace(/^\//, "")}`,
    );
  },
};

/** What listings of all are about. */
const RDS_LISTINGS: Readonly<Record<string, readonly string[]>> = {
  DescribeDBInstances: ["db:*"],
  DescribeDBSubnetGroups: ["subgrp:*"],
};
