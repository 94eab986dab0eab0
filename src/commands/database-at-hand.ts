import { databaseNamed } from "../aws/listings.ts";
import { Explained } from "../engine/errors.ts";
import type { StageDatabase } from "../engine/task.ts";
import type { RdsAccess } from "../remote/app/rds-access.ts";
import type { Session } from "./session.ts";

/** The stack's database on RDS, which lets people in. */
export interface DatabaseAtHand {
  readonly identifier: string;
  readonly access: RdsAccess;
}

/** Statuses in which RDS lets nobody in. */
const CLOSED = ["creating", "deleting", "starting", "stopped", "stopping"];

/** The stack's database, as RDS has it now. @throws {Explained} there is none, or it lets nobody in */
export async function databaseAtHand({ clients, stack }: Session): Promise<DatabaseAtHand> {
  const stage = stack.stages.find(({ database }) => database);
  if (!stage?.database) throw new Explained(`stack ${stack.name} has no database on RDS`, "");
  const create = `\`bia-infra create --stage ${stage.name}\``;
  const { identifier, name, passwordParameter }: StageDatabase = stage.database;
  const found = await databaseNamed(clients, identifier);
  if (!found) throw new Explained(`there is no database ${identifier} on RDS`, `Make it with ${create}.`);
  const { Endpoint, DBInstanceStatus: status = "", MasterUsername: username = "" } = found;
  if (CLOSED.includes(status) || !Endpoint?.Address) {
    throw new Explained(
      `the database ${identifier} on RDS is ${status}`,
      `${create} waits for it, and starts one that was stopped.`,
    );
  }
  const { Address: address, Port: port = 0 } = Endpoint;
  return { identifier, access: { address, port, username, name, passwordParameter } };
}
