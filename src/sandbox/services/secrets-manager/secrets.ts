import { randomInt } from "node:crypto";
import type { CreateSecretCommandInput } from "@aws-sdk/client-secrets-manager";
import { AwsError } from "../../wire/service.ts";
import type { Secret } from "../../world/records.ts";
import { arnWithoutSuffix, versionOf } from "../../world/secrets.ts";
import type { Region, World } from "../../world/world.ts";
import { addVersion, isSameValue, versionIn } from "./new-version.ts";
import { checkName, invalidRequest, livingSecretOf, type SecretsOperations, secretOf } from "./operation.ts";
import { mergedTags } from "./tags.ts";

/** Secrets, their values aside. */
export function secretOperations(world: World): SecretsOperations {
  return {
    CreateSecret: {
      accepts: ["Name", "ClientRequestToken", "Description", "KmsKeyId", "SecretString", "SecretBinary", "Tags"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { Name = "" } = input;
        checkName(Name);
        const version = versionIn(input, world.now());
        const present = region.secretsManager.secrets.get(Name);
        if (present) checkSameRequest(present, version);
        const secret = present ?? newSecret(world, region, input);
        if (!present) {
          if (version) addVersion(secret, version);
          region.secretsManager.secrets.put(secret);
        }
        return { ARN: secret.ARN, Name, ...(version && { VersionId: version.VersionId }) };
      },
    },

    DescribeSecret: {
      accepts: ["SecretId"],
      handle({ SecretId }, { region }) {
        const { hidden, ...secret } = secretOf(world, world.region(region), SecretId);
        const stages = hidden.versions
          .filter(({ VersionStages }) => VersionStages.length > 0)
          .map(({ VersionId, VersionStages }) => [VersionId, VersionStages]);
        return { ...secret, ...(stages.length > 0 && { VersionIdsToStages: Object.fromEntries(stages) }) };
      },
    },

    UpdateSecret: {
      accepts: ["SecretId", "ClientRequestToken", "Description", "KmsKeyId", "SecretString", "SecretBinary"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const secret = livingSecretOf(world, region, input.SecretId);
        const version = versionIn(input, world.now());
        if (version && versionOf(secret, version)) throw unchangeable(version.VersionId);
        region.secretsManager.secrets.update(secret.Name, (draft) => {
          if (input.Description !== undefined) draft.Description = input.Description;
          if (version) addVersion(draft, version);
          draft.LastChangedDate = world.now();
        });
        return { ARN: secret.ARN, Name: secret.Name, ...(version && { VersionId: version.VersionId }) };
      },
    },

    // Nobody can give a secret a policy here.
    GetResourcePolicy: {
      accepts: ["SecretId"],
      handle({ SecretId }, { region }) {
        const { ARN, Name } = livingSecretOf(world, world.region(region), SecretId);
        return { ARN, Name };
      },
    },
  };
}

/** The refusal of a second value under a version's id. */
export function unchangeable(versionId: string): AwsError {
  return new AwsError(
    "ResourceExistsException",
    `You can't modify an existing version, you can only create a new version. The version ${versionId} already exists.`,
  );
}

/** @throws AwsError unless it is the request that made the secret, made again */
function checkSameRequest(present: Secret, version: ReturnType<typeof versionIn>): void {
  if (present.DeletedDate) {
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  const known = version && versionOf(present, version);
  if (version && known && isSameValue(version, known)) return;
  throw new AwsError(
    "ResourceExistsException",
    `The operation failed because the secret ${present.Name} already exists.`,
  );
}

const SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function newSecret(world: World, region: Region, { Name = "", Description, Tags }: CreateSecretCommandInput): Secret {
  const suffix = Array.from({ length: 6 }, () => SUFFIX[randomInt(SUFFIX.length)]).join("");
  return {
    ARN: `${arnWithoutSuffix(region, world.account, Name)}-${suffix}`,
    Name,
    ...(Description !== undefined && { Description }),
    CreatedDate: world.now(),
    LastChangedDate: world.now(),
    ...(Tags && { Tags: mergedTags([], Tags) }),
    hidden: { versions: [] },
  };
}
