import type { Aws } from "../aws/clients.ts";
import { Explained } from "../engine/errors.ts";
import type { DeployedService, Stack } from "../engine/task.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of the commands about one of the stack's services. */
export interface ServiceOptions extends Omit<StackOptions, "stage"> {
  /** Its name; absent: the stack's only one. */
  readonly service?: string;
}

/** @throws {Explained} the stack has none of this name, or several and none was named */
export function serviceNamed({ name: stack, stages }: Stack, name: string | undefined): DeployedService {
  const services = stages.flatMap((stage) => stage.services ?? []);
  const [first, ...more] = name === undefined ? services : services.filter((one) => one.name === name);
  if (first && more.length === 0) return first;
  const known = services.map((one) => one.name).join(", ") || "none";
  if (first) throw new Explained(`stack ${stack} has several services`, `Say which, with --service: ${known}.`);
  throw new Explained(`stack ${stack} has no service ${name ?? "to deploy to"}`, `There is: ${known}.`);
}

/** AWS for reads that belong to no task. */
export function awsOf({ clients, target, account, stack }: Session): Aws {
  return clients.scopedTo({ region: target.region, account, stack: stack.name, ownership: {} });
}
