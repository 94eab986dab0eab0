import { CreateTagsCommand, DeleteTagsCommand } from "@aws-sdk/client-ec2";
import type { Clients } from "../../aws/clients.ts";
import type { Tags } from "../../aws/tags.ts";
import type { RdsAccess } from "./rds-access.ts";

/** Tags of a work machine whose app uses a database on RDS: which one, and the parameter that holds its password. */
const DATABASE_TAG = "bia-infra:database";
const PASSWORD_TAG = "bia-infra:database-password";

/** The database on RDS that the app on a machine uses, as its tags say; undefined: the one of its compose file. */
export function chosenDatabase(tags: Tags): RdsAccess | undefined {
  const [, username = "", address = "", port = "", name = ""] =
    /^([^@]+)@([^:]+):(\d+)\/(.+)$/.exec(tags[DATABASE_TAG] ?? "") ?? [];
  const passwordParameter = tags[PASSWORD_TAG];
  if (address === "" || passwordParameter === undefined) return undefined;
  return { username, address, port: Number(port), name, passwordParameter };
}

/**
 * Remembers which database the app on a machine shall use: with the machine, so that it goes with it, and so that a plan
 * of anybody sees it.
 *
 * @param database undefined: the one of its compose file
 */
export async function chooseDatabase(
  { ec2 }: Pick<Clients, "ec2">,
  instanceId: string,
  database: RdsAccess | undefined,
): Promise<void> {
  const Resources = [instanceId];
  if (!database) {
    await ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: DATABASE_TAG }, { Key: PASSWORD_TAG }] }));
    return;
  }
  const { username, address, port, name, passwordParameter } = database;
  const Tags = [
    { Key: DATABASE_TAG, Value: `${username}@${address}:${port}/${name}` },
    { Key: PASSWORD_TAG, Value: passwordParameter },
  ];
  await ec2.send(new CreateTagsCommand({ Resources, Tags }));
}
