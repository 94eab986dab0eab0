import { arnWithoutSuffix, findSecret } from "../../world/secrets.ts";
import type { World } from "../../world/world.ts";
import { invalidParameter, invalidRequest, type SecretsOperations, secretOf } from "./operation.ts";

const DAY_MS = 86_400_000;
/** Days in which a deleted secret can be restored (DeleteSecret, RecoveryWindowInDays). */
const WINDOW = { least: 7, most: 30 };

/** Deleting secrets and the way back. */
export function deletionOperations(world: World): SecretsOperations {
  return {
    DeleteSecret: {
      accepts: ["SecretId", "RecoveryWindowInDays", "ForceDeleteWithoutRecovery"],
      handle({ SecretId = "", RecoveryWindowInDays, ForceDeleteWithoutRecovery: isForced = false }, { region: name }) {
        const region = world.region(name);
        checkWindow(RecoveryWindowInDays, isForced);
        // What is not there is no error then, whether or not it ever was.
        if (isForced && !findSecret(region, world.account, SecretId)) {
          return { ARN: arnWithoutSuffix(region, world.account, SecretId), Name: SecretId, DeletionDate: world.now() };
        }
        const secret = isForced ? findSecret(region, world.account, SecretId) : secretOf(world, region, SecretId);
        if (secret?.DeletedDate && !isForced) {
          throw invalidRequest("You tried to perform the operation on a secret that's currently marked deleted.");
        }
        const goneAt = isForced
          ? world.later("secret deleted")
          : new Date(world.now().getTime() + (RecoveryWindowInDays ?? WINDOW.most) * DAY_MS);
        const deleted = region.secretsManager.secrets.update(secret?.Name ?? "", (draft) => {
          draft.DeletedDate ??= world.now();
          draft.hidden.goneAt = goneAt;
          if (isForced) draft.hidden.isForced = true;
        });
        return { ARN: deleted?.ARN, Name: deleted?.Name, DeletionDate: isForced ? world.now() : goneAt };
      },
    },

    RestoreSecret: {
      accepts: ["SecretId"],
      handle({ SecretId }, { region: name }) {
        const region = world.region(name);
        const { ARN, Name, hidden } = secretOf(world, region, SecretId);
        if (hidden.isForced) {
          throw invalidRequest("You can't perform this operation on the secret because it was deleted.");
        }
        region.secretsManager.secrets.update(Name, (draft) => {
          delete draft.DeletedDate;
          delete draft.hidden.goneAt;
        });
        return { ARN, Name };
      },
    },
  };
}

/** @throws AwsError */
function checkWindow(days: number | undefined, isForced: boolean): void {
  if (days === undefined) return;
  if (isForced) {
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  if (days < WINDOW.least || days > WINDOW.most) {
    throw invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
  }
}
