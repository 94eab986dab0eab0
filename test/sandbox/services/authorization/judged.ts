import { refusedAction } from "../../../../src/sandbox/services/authorization/refused-action.ts";
import { World } from "../../../../src/sandbox/world/world.ts";

export const REGION = "us-east-1";
export const ACCOUNT = "000000000000";
const empty = await World.open({ delays: "none" });

/** The actions and resources that a session is judged by when it makes a call, and the values of condition keys for each. */
export function judged(service: string, operation: string, input: object, keys: readonly string[] = [], of = empty) {
  const asked: string[] = [];
  const values: Record<string, readonly string[] | undefined>[] = [];
  refusedAction(
    of,
    {
      denial({ action, resource, context }) {
        asked.push(`${action} on ${resource}`);
        values.push(Object.fromEntries(keys.map((key) => [key, context(key.toLowerCase())])));
        return undefined;
      },
    },
    { service, operation, region: REGION, account: ACCOUNT, input },
  );
  return { asked, values };
}
