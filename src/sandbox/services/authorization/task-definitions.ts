import type { Asked } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";

/** ARN of the revision that a call names; of a family it is the newest active one. Undefined: it names none. */
export function definitionArn(world: World, { region, account, input }: Asked): string | undefined {
  const { taskDefinition: named } = input as { taskDefinition?: string };
  if (named === undefined || named.startsWith("arn:")) return named;
  const { taskDefinitions } = world.region(region).ecs;
  const active = taskDefinitions.filter(({ family, status }) => family === named && status === "ACTIVE");
  const newest = active.reduce((most, { revision }) => Math.max(most, revision), 0);
  const revision = named.includes(":") ? named : `${named}:${newest}`;
  return `arn:aws:ecs:${region}:${account}:task-definition/${revision}`;
}
