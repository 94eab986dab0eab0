import type { Role } from "../records.ts";
import { type Context, contextOf, NotLookedAt, tagValues } from "./context.ts";

/** Somebody who acts with a role's rights. */
export interface Principal {
  readonly role: Pick<Role, "Arn" | "Tags">;
  /** E.g. `AROA...:i-0123456789abcdef0`. */
  readonly userId: string;
  /** Twelve digits. */
  readonly account: string;
  /** The public address that its requests come from; undefined: it is not known. */
  readonly sourceIp?: string | undefined;
}

/** What requests of a role's session have by who makes them, over what else is known of each. */
export function principalContext({ role, userId, account, sourceIp }: Principal, request: Context): Context {
  const own = contextOf({
    // Of a session it is the ARN of the role. ("aws:PrincipalArn")
    "aws:PrincipalArn": role.Arn,
    "aws:PrincipalAccount": account,
    "aws:PrincipalType": "AssumedRole",
    "aws:PrincipalIsAWSService": "false",
    "aws:userid": userId,
    ...tagValues("aws:PrincipalTag/", role.Tags),
    ...(sourceIp !== undefined && { "aws:SourceIp": sourceIp }),
  });
  return (key) => {
    const values = own(key);
    if (values === undefined && key === "aws:sourceip") throw new NotLookedAt(key);
    return values ?? request(key);
  };
}
