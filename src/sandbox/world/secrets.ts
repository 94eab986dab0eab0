import type { Secret, SecretVersion } from "./records.ts";
import type { Region } from "./region.ts";

/** The label that a value has which is asked for without any. */
export const CURRENT = "AWSCURRENT";

/** ARN of a secret without the six characters at its end, which names it, too. */
export function arnWithoutSuffix(region: Region, account: string, name: string): string {
  return `arn:aws:secretsmanager:${region.name}:${account}:secret:${name}`;
}

/** By name, by ARN, or by ARN without the six characters at its end. ("Secrets Manager ARN", what GetSecretValue takes as SecretId) */
export function findSecret(region: Region, account: string, id: string): Secret | undefined {
  const { secrets } = region.secretsManager;
  return (
    secrets.get(id) ?? secrets.find(({ ARN, Name }) => ARN === id || arnWithoutSuffix(region, account, Name) === id)
  );
}

/** The version of an id, else of a label; undefined: there is none. */
export function versionOf(
  { hidden: { versions } }: Secret,
  { VersionId, VersionStage = CURRENT }: { VersionId?: string | undefined; VersionStage?: string | undefined },
): SecretVersion | undefined {
  if (VersionId !== undefined) return versions.find((version) => version.VersionId === VersionId);
  return versions.find(({ VersionStages }) => VersionStages.includes(VersionStage));
}

/** What Secrets Manager says to whoever asks for a value of a secret that is leaving; undefined: it is not. */
export function whyLeaving({ DeletedDate, hidden: { isForced } }: Secret): string | undefined {
  if (!DeletedDate) return undefined;
  return `You can't perform this operation on the secret because it was ${isForced ? "deleted" : "marked for deletion"}.`;
}
