import { logGroupNamed } from "../aws/log-groups.ts";
import type { Session } from "./session.ts";

/**
 * Names, after a destroy, the log groups that AWS made for what is gone now, and how to delete them. They carry no tag of
 * ours, so we do not. Where nobody may look, the last scan has said so.
 */
export async function tellLogGroupsOfAws({ selection, clients, target, emit }: Session): Promise<void> {
  for (const name of selection.stages.flatMap(({ logGroupsOfAws = [] }) => logGroupsOfAws)) {
    const found = await logGroupNamed(clients, name).catch(() => undefined);
    if (!found) continue;
    const text = `AWS made the log group ${name} for what is gone now, and keeps it. To delete it: aws logs delete-log-group --region ${target.region} --log-group-name ${name}`;
    emit({ type: "message", level: "info", text });
  }
}
