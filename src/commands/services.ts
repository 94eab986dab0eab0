import type { Aws } from "../aws/clients.ts";
import { Explained, RunStopped } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import type { DeployedService, RunningService, Stack } from "../engine/task.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of the commands about one of the stack's services. */
export interface ServiceOptions extends Omit<StackOptions, "stage"> {
  /** Its name; absent: the stack's own, which people reach. */
  readonly service?: string;
}

/** @throws {RunStopped} the stack has none of this name, which is wrong usage */
export function serviceNamed(stack: Stack, name = runningOf(stack).service): DeployedService {
  const services = stack.stages.flatMap((stage) => stage.services ?? []);
  const found = services.find((one) => one.name === name);
  if (found) return found;
  throw new RunStopped(`stack ${stack.name} has no service ${name}`, `There is: ${namesOf(stack)}.`, EXIT.usage);
}

/** That a service's image is somebody else's, so that none is built or named; and what can be changed of it. */
export function noTag({ name }: DeployedService): RunStopped {
  return new RunStopped(
    `service ${name} has no source to build an image of, so it takes no --tag`,
    "What can be changed is its environment: `bia-infra deploy-version --env NAME=VALUE`.",
    EXIT.usage,
  );
}

/** AWS for reads that belong to no task. */
export function awsOf({ clients, target, account, stack }: Session): Aws {
  return clients.scopedTo({ region: target.region, account, stack: stack.name, ownership: {} });
}

/** What of the stack lives on by itself. @throws {Explained} nothing does */
export function runningOf({ name, stages }: Stack): RunningService {
  const found = stages.flatMap(({ running }) => running ?? [])[0];
  if (!found) throw new Explained(`stack ${name} runs no service`, "");
  return found;
}

/** That the stack's cluster has no service of this name: the stack's own has to be made first, any other is wrong usage. */
export function noSuchService(stack: Stack, service: string): Explained {
  const why = `there is no service ${service} in cluster ${runningOf(stack).cluster}`;
  const own = stack.stages.find(({ services = [] }) => services.some(({ name }) => name === service));
  if (own) return new Explained(why, `\`bia-infra create --stage ${own.name}\` makes it.`);
  return new RunStopped(why, `The stack's own: ${namesOf(stack)}.`, EXIT.usage);
}

function namesOf({ stages }: Stack): string {
  return stages.flatMap(({ services = [] }) => services.map(({ name }) => name)).join(", ");
}
