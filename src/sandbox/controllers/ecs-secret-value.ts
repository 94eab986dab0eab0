import { CURRENT, findSecret, versionOf, whyLeaving } from "../world/secrets.ts";
import type { Region, World } from "../world/world.ts";
import { denied, type Session } from "./ecs-task-roles.ts";

/** Why a task does not get a secret's value. */
interface Failed {
  readonly why: string;
  /** True: Secrets Manager refused; false: what it gave is of no use. */
  readonly isRefusal: boolean;
  readonly secretId: string;
}

/**
 * The value that a `valueFrom` of Secrets Manager names: the secret's ARN, alone or followed by `:json-key:version-stage:version-id`,
 * of which each may be empty. (amazon-ecs-agent, agent/taskresource/asmsecret, agent/asm)
 */
export function secretValue(
  world: World,
  region: Region,
  session: Session | undefined,
  valueFrom: string,
): { readonly value: string } | Failed {
  const parts = valueFrom.split(":");
  const secretId = parts.slice(0, ARN_PARTS).join(":");
  const [jsonKey = "", stage = "", versionId = ""] = parts.slice(ARN_PARTS);
  const failed = (why: string, isRefusal = true): Failed => ({ why, isRefusal, secretId });
  if (parts.length !== ARN_PARTS && parts.length !== ARN_PARTS + 3) return failed(BAD_ARN, false);
  const secret = findSecret(region, world.account, secretId);
  const why = denied(session, "secretsmanager:GetSecretValue", secret?.ARN ?? secretId, {
    "secretsmanager:SecretId": secretId,
    "secretsmanager:VersionStage": stage || (versionId === "" ? CURRENT : undefined),
    "secretsmanager:VersionId": versionId || undefined,
  });
  if (why !== undefined) return failed(`api error ${why}`);
  if (!secret) return failed("ResourceNotFoundException: Secrets Manager can't find the specified secret.");
  const leaving = whyLeaving(secret);
  if (leaving !== undefined) return failed(`InvalidRequestException: ${leaving}`);
  const VersionStage = stage || CURRENT;
  const version = versionOf(secret, { VersionStage, ...(versionId !== "" && { VersionId: versionId }) });
  if (!version) {
    const named = versionId === "" ? `staging label: ${VersionStage}` : `VersionId: ${versionId}`;
    return failed(`ResourceNotFoundException: Secrets Manager can't find the specified secret value for ${named}`);
  }
  const text = version.SecretString ?? "";
  if (jsonKey === "") return { value: text };
  const member = memberOf(text, jsonKey);
  return member === undefined
    ? failed(`retrieved secret from Secrets Manager did not contain json key ${jsonKey}`, false)
    : { value: member };
}

/** `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME` */
const ARN_PARTS = 7;
const BAD_ARN =
  "an invalid ARN format for the AWS Secrets Manager secret was specified. Specify a valid ARN and try again.";

/** A member of a JSON object as the agent writes it into the environment; undefined: there is none, or the text is no such object. */
function memberOf(text: string, key: string): string | undefined {
  try {
    const value = (JSON.parse(text) as Record<string, unknown> | null)?.[key];
    if (value === undefined) return undefined;
    return typeof value === "string" ? value : JSON.stringify(value);
  } catch {
    return undefined;
  }
}
