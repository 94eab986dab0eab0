import { lookUp, parameterArn, shownValue } from "../world/parameters.ts";
import type { EcsTask, TaskDefinition } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { TaskFailure } from "./ecs-task-failure.ts";
import { agentSession, denied } from "./ecs-task-roles.ts";

/**
 * Values of a task's secrets by what names them. They are read before anything else, once in a task's life ("Pass Systems
 * Manager parameters through environment variables").
 *
 * @throws TaskFailure if the execution role may not read one, or one is not there
 */
export function readSecrets(
  world: World,
  region: Region,
  task: EcsTask,
  definition: TaskDefinition,
): ReadonlyMap<string, string> {
  const names = definition.containerDefinitions.flatMap(({ secrets = [] }) =>
    secrets.flatMap(({ valueFrom }) => valueFrom ?? []),
  );
  if (names.length === 0) return new Map();
  const failed = (why: string) =>
    new TaskFailure(`Fetching secret data from SSM Parameter Store in ${region.name}: ${why}`);
  const session = agentSession(world, region, task, definition);
  for (const name of names) {
    const arn = name.startsWith("arn:") ? name : parameterArn(region, world.account, name);
    const why = denied(session, "ssm:GetParameters", arn);
    if (why !== undefined) throw failed(why);
  }
  const found = names.map((name) => ({ name, parameter: lookUp(region, world.account, name) }));
  const missing = found.filter(({ parameter }) => !parameter?.version).map(({ name }) => nameOf(name));
  if (missing.length > 0) throw failed(`invalid parameters: ${missing.join(", ")}`);
  return new Map(
    found.flatMap(({ name, parameter }) =>
      parameter?.version ? [[name, shownValue(parameter.parameter, parameter.version, true)]] : [],
    ),
  );
}

/** The agent asks for a parameter by its name, also where an ARN names it. */
function nameOf(nameOrArn: string): string {
  return nameOrArn.replace(/^arn:[^/]*:parameter/, "");
}
