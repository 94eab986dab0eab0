import { taggedResources } from "../ec2/tagged.ts";
import type { Region, World } from "../world.ts";
import type { Tags } from "./context.ts";

/** Tags of what an ARN names; none for what is not there (yet). Undefined: the sandbox does not look at those of such things. */
export function tagsOfResource(world: World, arn: string): Tags | undefined {
  const [, , service = "", regionName = "", , ...rest] = arn.split(":");
  const path = rest.join(":");
  if (service === "iam") {
    return path.startsWith("role/") ? (world.iam.roles.find(({ Arn }) => Arn === arn)?.Tags ?? []) : undefined;
  }
  return TAGS[service]?.(world.region(regionName), arn, path);
}

const TAGS: Readonly<Record<string, (region: Region, arn: string, path: string) => Tags | undefined>> = {
  dynamodb({ dynamodb }, arn) {
    // An index has those of its table.
    const [table = ""] = arn.split("/index/");
    return dynamodb.tables.find(({ TableArn }) => TableArn === table)?.hidden.tags ?? [];
  },
  ec2(region, _arn, path) {
    const [type, name = ""] = path.split("/");
    // Their ARNs have names, and ids elsewhere.
    if (type === "key-pair") return region.ec2.keyPairs.get(name)?.Tags ?? [];
    return taggedResources(region).find(({ id }) => id === name)?.tags ?? [];
  },
  ecr: ({ ecr }, arn) => ecr.repositories.find(({ repositoryArn }) => repositoryArn === arn)?.hidden.tags ?? [],
  ecs({ ecs }, arn, path) {
    const found = {
      cluster: () => ecs.clusters.find(({ clusterArn }) => clusterArn === arn)?.tags,
      service: () => ecs.services.get(arn)?.tags,
      task: () => ecs.tasks.get(arn)?.tags,
      "task-definition": () => ecs.taskDefinitions.find((one) => one.taskDefinitionArn === arn)?.hidden.tags,
    }[path.slice(0, path.indexOf("/"))];
    return found && (found() ?? []);
  },
  logs({ logs }, arn) {
    const [group = ""] = arn.split(/:log-stream:|:\*$/);
    return logs.groups.find(({ logGroupArn }) => logGroupArn === group)?.hidden.tags ?? [];
  },
  rds: ({ rds }, arn, path) =>
    path.startsWith("db:")
      ? (rds.dbInstances.find(({ DBInstanceArn }) => DBInstanceArn === arn)?.TagList ?? [])
      : undefined,
  secretsmanager: ({ secretsManager }, arn) =>
    secretsManager.secrets.find(({ ARN, Name }) => ARN === arn || arn.endsWith(`:secret:${Name}-??????`))?.Tags ?? [],
  ssm: ({ ssm }, _arn, path) =>
    path.startsWith("parameter/")
      ? (ssm.parameters.find(({ Name }) => Name.replace(/^\//, "") === path.slice("parameter/".length))?.Tags ?? [])
      : undefined,
};
