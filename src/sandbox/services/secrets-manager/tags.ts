import type { Tag } from "@aws-sdk/client-secrets-manager";
import { AwsError } from "../../wire/service.ts";
import type { World } from "../../world/world.ts";
import { mergedTags as merged, type TagRules } from "../merged-tags.ts";
import { invalidParameter, livingSecretOf, type SecretsOperations } from "./operation.ts";

/** Tags of secrets; DescribeSecret and ListSecrets show them. */
export function tagOperations(world: World): SecretsOperations {
  return {
    TagResource: {
      accepts: ["SecretId", "Tags"],
      handle({ SecretId, Tags }, { region: name }) {
        const region = world.region(name);
        const secret = livingSecretOf(world, region, SecretId);
        region.secretsManager.secrets.put({ ...secret, Tags: mergedTags(secret.Tags ?? [], Tags) });
        return {};
      },
    },

    UntagResource: {
      accepts: ["SecretId", "TagKeys"],
      handle({ SecretId, TagKeys = [] }, { region: name }) {
        const region = world.region(name);
        const secret = livingSecretOf(world, region, SecretId);
        const Tags = secret.Tags?.filter(({ Key = "" }) => !TagKeys.includes(Key));
        region.secretsManager.secrets.put({ ...secret, ...(Tags && { Tags }) });
        return {};
      },
    },
  };
}

const TAG_RULES: TagRules = {
  reserved: () => invalidParameter("aws: prefixed tag key names are not allowed for external use."),
  duplicate: (key) => invalidParameter(`The tag key ${key} appears more than once.`),
  tooMany: (most) => new AwsError("LimitExceededException", `A secret can't have more than ${most} tags.`),
};

/** Tags with others added or replaced. @throws AwsError if one is refused */
export function mergedTags(present: readonly Tag[], added: readonly Tag[] | undefined): Tag[] {
  return merged(present, added, TAG_RULES);
}
