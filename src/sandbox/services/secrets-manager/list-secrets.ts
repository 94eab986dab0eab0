import type { Filter, SecretListEntry } from "@aws-sdk/client-secrets-manager";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { Secret } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { pageOf } from "../page.ts";
import type { SecretsOperations } from "./operation.ts";

/** The listing of secrets. */
export function listingOperations(world: World): SecretsOperations {
  return {
    ListSecrets: {
      accepts: ["IncludePlannedDeletion", "MaxResults", "NextToken", "Filters", "SortOrder"],
      handle({ IncludePlannedDeletion = false, MaxResults, NextToken, Filters = [], SortOrder }, { region }) {
        const listedUntil = world.now().getTime() - world.delay("secret listed");
        const found = world
          .region(region)
          .secretsManager.secrets.filter(({ CreatedDate }) => CreatedDate.getTime() <= listedUntil)
          .filter(({ DeletedDate, hidden }) => !DeletedDate || (IncludePlannedDeletion && !hidden.isForced))
          .filter((secret) => Filters.every((filter) => passes(filter, secret)));
        const sorted = SortOrder === "asc" ? found : found.reverse();
        const invalid = () => new AwsError("InvalidNextTokenException", "The NextToken value is invalid.");
        const { items, next } = pageOf(sorted, { size: MaxResults ?? world.pageSize, token: NextToken, invalid });
        return { SecretList: items.map(entryOf), ...(next !== undefined && { NextToken: next }) };
      },
    },
  };
}

function entryOf({ hidden, ...secret }: Secret): SecretListEntry {
  const stages = hidden.versions.map(({ VersionId, VersionStages }) => [VersionId, VersionStages] as const);
  return { ...secret, SecretVersionsToStages: Object.fromEntries(stages.filter(([, labels]) => labels.length > 0)) };
}

/** Values are beginnings; a `!` before one leaves those out that begin so. (Filter, Values) */
function passes({ Key, Values = [] }: Filter, secret: Secret): boolean {
  const texts = textsOf(Key, secret);
  return Values.some((value) =>
    value.startsWith("!")
      ? !texts.some((text) => text.startsWith(value.slice(1)))
      : texts.some((text) => text.startsWith(value)),
  );
}

function textsOf(key: string | undefined, { Name, Tags = [] }: Secret): string[] {
  if (key === "name") return [Name];
  if (key === "tag-key") return Tags.map(({ Key = "" }) => Key);
  if (key === "tag-value") return Tags.map(({ Value = "" }) => Value);
  throw notEmulated(`the filter ${key} of secrets`);
}
