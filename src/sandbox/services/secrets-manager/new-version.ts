import { notEmulated } from "../../wire/service.ts";
import type { Secret, SecretVersion } from "../../world/records.ts";
import { CURRENT } from "../../world/secrets.ts";
import { invalidParameter, invalidRequest } from "./operation.ts";

const PREVIOUS = "AWSPREVIOUS";
const MOST_VERSIONS = 100;

/** How a request says what a secret's value shall be. */
interface Value {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
  /** Becomes the version's id, so that a request which is made again is known. */
  readonly ClientRequestToken?: string | undefined;
  readonly KmsKeyId?: string | undefined;
}

/** The version that a request describes; undefined: it gives no value. @throws AwsError */
export function versionIn(
  { SecretString, SecretBinary, ClientRequestToken, KmsKeyId }: Value,
  now: Date,
): Omit<SecretVersion, "VersionStages"> | undefined {
  if (KmsKeyId !== undefined && KmsKeyId !== "alias/aws/secretsmanager") throw notEmulated("KMS keys of your own");
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (ClientRequestToken === undefined) {
    throw invalidRequest("You must provide a ClientRequestToken value. We recommend a UUID-type value.");
  }
  if (SecretString === undefined && SecretBinary === undefined) return undefined;
  return {
    VersionId: ClientRequestToken,
    CreatedDate: now,
    ...(SecretString !== undefined && { SecretString }),
    ...(SecretBinary !== undefined && { SecretBinary: Buffer.from(SecretBinary).toString("base64") }),
  };
}

/** Whether two versions hold the same. */
export function isSameValue(one: Omit<SecretVersion, "VersionStages">, other: SecretVersion): boolean {
  return one.SecretString === other.SecretString && one.SecretBinary === other.SecretBinary;
}

/** Adds a version to a secret and moves labels to it; where AWSCURRENT was before, AWSPREVIOUS is then. */
export function addVersion(
  { hidden }: Secret,
  version: Omit<SecretVersion, "VersionStages">,
  stages: readonly string[] = [CURRENT],
): void {
  // The first version is the current one, whatever labels it gets.
  const labels = new Set(hidden.versions.length === 0 ? [CURRENT, ...stages] : stages);
  const former = hidden.versions.find(({ VersionStages }) => VersionStages.includes(CURRENT));
  const isCurrent = labels.has(CURRENT);
  for (const one of hidden.versions) {
    one.VersionStages = one.VersionStages.filter(
      (stage) => !labels.has(stage) && !(isCurrent && former && stage === PREVIOUS),
    );
  }
  if (isCurrent) former?.VersionStages.push(PREVIOUS);
  hidden.versions = [...hidden.versions, { ...version, VersionStages: [...labels] }].slice(-MOST_VERSIONS);
}
