import type { Secret } from "../../world/records.ts";
import { CURRENT, versionOf } from "../../world/secrets.ts";
import type { Region, World } from "../../world/world.ts";
import { addVersion, isSameValue, versionIn } from "./new-version.ts";
import { invalidRequest, livingSecretOf, notFound, type SecretsOperations } from "./operation.ts";
import { unchangeable } from "./secrets.ts";

/** Values of secrets. */
export function valueOperations(world: World): SecretsOperations {
  return {
    GetSecretValue: {
      accepts: ["SecretId", "VersionId", "VersionStage"],
      handle({ SecretId, VersionId, VersionStage }, { region: name }) {
        const region = world.region(name);
        const secret = livingSecretOf(world, region, SecretId);
        const version = versionOf(secret, { VersionId, VersionStage });
        if (!version) {
          const named =
            VersionId === undefined ? `staging label: ${VersionStage ?? CURRENT}` : `VersionId: ${VersionId}`;
          throw notFound(`Secrets Manager can't find the specified secret value for ${named}`);
        }
        if (VersionStage !== undefined && !version.VersionStages.includes(VersionStage)) {
          throw invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.");
        }
        noteAccess(world, region, secret);
        const { SecretBinary, ...rest } = version;
        return {
          ARN: secret.ARN,
          Name: secret.Name,
          ...rest,
          ...(SecretBinary !== undefined && { SecretBinary: Buffer.from(SecretBinary, "base64") }),
        };
      },
    },

    PutSecretValue: {
      accepts: ["SecretId", "ClientRequestToken", "SecretString", "SecretBinary", "VersionStages"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const secret = livingSecretOf(world, region, input.SecretId);
        const version = versionIn(input, world.now());
        if (!version) throw invalidRequest("You must provide either SecretString or SecretBinary.");
        const known = versionOf(secret, version);
        if (known && !isSameValue(version, known)) throw unchangeable(version.VersionId);
        if (!known) {
          region.secretsManager.secrets.update(secret.Name, (draft) => {
            addVersion(draft, version, input.VersionStages);
            draft.LastChangedDate = world.now();
          });
        }
        const { VersionStages } = versionOf(region.secretsManager.secrets.get(secret.Name) ?? secret, version) ?? {};
        return { ARN: secret.ARN, Name: secret.Name, VersionId: version.VersionId, VersionStages };
      },
    },
  };
}

/** Secrets Manager remembers the day only. (DescribeSecret, LastAccessedDate) */
function noteAccess(world: World, region: Region, { Name, LastAccessedDate }: Secret): void {
  const today = new Date(world.now().toISOString().slice(0, 10));
  if (LastAccessedDate?.getTime() === today.getTime()) return;
  region.secretsManager.secrets.update(Name, (draft) => {
    draft.LastAccessedDate = today;
  });
}
