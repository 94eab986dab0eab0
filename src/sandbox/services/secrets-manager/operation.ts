import { AwsError, type Operations } from "../../wire/service.ts";
import type { Secret } from "../../world/records.ts";
import { findSecret, whyLeaving } from "../../world/secrets.ts";
import type { Region, World } from "../../world/world.ts";

/** Operations of Secrets Manager; each file declares some. */
export type SecretsOperations = Operations<typeof import("@aws-sdk/client-secrets-manager")>;

export function invalidRequest(message: string): AwsError {
  return new AwsError("InvalidRequestException", message);
}

export function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}

export function notFound(message = "Secrets Manager can't find the specified secret."): AwsError {
  return new AwsError("ResourceNotFoundException", message);
}

/** @throws AwsError if Secrets Manager has no such names */
export function checkName(name: string): void {
  if (/^[\w/+=.@!-]+$/.test(name)) return;
  throw new AwsError(
    "ValidationException",
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
  );
}

/**
 * The secret of an id, leaving or not.
 *
 * @throws AwsError if there is none, or not all of Secrets Manager knows it yet ("All Secrets Manager operations are eventually consistent", ListSecrets)
 */
export function secretOf(world: World, region: Region, id = ""): Secret {
  if (!id.startsWith("arn:")) checkName(id);
  const secret = findSecret(region, world.account, id);
  const visibleAt = (secret?.CreatedDate.getTime() ?? 0) + world.delay("secret visible");
  if (!secret || world.now().getTime() < visibleAt) throw notFound();
  return secret;
}

/** The secret of an id. @throws AwsError if there is none, or it is leaving */
export function livingSecretOf(world: World, region: Region, id: string | undefined): Secret {
  const secret = secretOf(world, region, id);
  const why = whyLeaving(secret);
  if (why !== undefined) throw invalidRequest(why);
  return secret;
}
