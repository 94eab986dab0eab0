import { randomUUID } from "node:crypto";
import { lookUp, parameterArn, shownValue } from "../world/parameters.ts";
import type { EcsTask, TaskDefinition } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { secretValue } from "./ecs-secret-value.ts";
import { TaskFailure } from "./ecs-task-failure.ts";
import { agentSession, denied, type Session } from "./ecs-task-roles.ts";

/**
 * Values of a task's secrets by what names them. They are read before anything else, once in a task's life ("Pass Systems
 * Manager parameters through environment variables", "Pass Secrets Manager secrets through environment variables").
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
  const session = agentSession(world, region, task, definition);
  const isFargate = task.launchType === "FARGATE";
  const secrets = names.filter(isSecret).map((name) => {
    const found = secretValue(world, region, session, name);
    if ("value" in found) return [name, found.value] as const;
    throw new TaskFailure(isFargate ? secretOnFargate(found) : secretOnInstance(region, found));
  });
  const parameters = names.filter((name) => !isSecret(name));
  return new Map([...secrets, ...parameterValues(world, region, session, parameters, isFargate)]);
}

function isSecret(name: string): boolean {
  return name.startsWith("arn:aws:secretsmanager:");
}

function parameterValues(
  world: World,
  region: Region,
  session: Session | undefined,
  names: readonly string[],
  isFargate: boolean,
): (readonly [string, string])[] {
  for (const name of names) {
    const arn = name.startsWith("arn:") ? name : parameterArn(region, world.account, name);
    const why = denied(session, "ssm:GetParameters", arn);
    if (why === undefined) continue;
    throw new TaskFailure(
      isFargate
        ? `${ON_FARGATE}: unable to retrieve secrets from ssm: ${RETRIED}: ${refused("SSM: GetParameters", `api error ${why}`)}`
        : `Fetching secret data from SSM Parameter Store in ${region.name}: ${why}`,
    );
  }
  const found = names.map((name) => ({ name, parameter: lookUp(region, world.account, name) }));
  const missing = found.filter(({ parameter }) => !parameter?.version).map(({ name }) => nameOf(name));
  if (missing.length > 0) {
    throw new TaskFailure(
      isFargate
        ? `${ON_FARGATE}: unable to retrieve secrets from ssm: ${RETRIED}: invalid ssm parameters: ${missing.join(", ")}`
        : `Fetching secret data from SSM Parameter Store in ${region.name}: invalid parameters: ${missing.join(", ")}`,
    );
  }
  return found.flatMap(({ name, parameter }) =>
    parameter?.version ? [[name, shownValue(parameter.parameter, parameter.version, true)] as const] : [],
  );
}

/** The agent asks for a parameter by its name, also where an ARN names it. */
function nameOf(nameOrArn: string): string {
  return nameOrArn.replace(/^arn:[^/]*:parameter/, "");
}

type Failed = Exclude<ReturnType<typeof secretValue>, { value: string }>;

const ON_FARGATE =
  "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed";
const RETRIED = "service call has been retried 1 time(s)";

function secretOnFargate({ why, isRefusal, secretId }: Failed): string {
  const failed = isRefusal
    ? `failed to fetch secret ${secretId} from secrets manager: ${refused("Secrets Manager: GetSecretValue", why)}`
    : why;
  return `${ON_FARGATE}: unable to retrieve secret from asm: ${RETRIED}: ${failed}`;
}

/** As the SDK for Go tells what AWS answered. */
function refused(call: string, why: string): string {
  return `operation error ${call}, https response error StatusCode: 400, RequestID: ${randomUUID()}, ${why}`;
}

function secretOnInstance(region: Region, { why, isRefusal, secretId }: Failed): string {
  const about = isRefusal ? `secret ${secretId}: ` : "";
  return `Fetching secret data from AWS Secrets Manager in region ${region.name}: ${about}${why.replace(/^api error /, "")}`;
}
