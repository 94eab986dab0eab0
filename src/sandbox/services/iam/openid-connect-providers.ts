import { createHash } from "node:crypto";
import { AwsError } from "../../wire/service.ts";
import type { OpenIdConnectProvider } from "../../world/records.ts";
import { secondsOnly } from "../../world/roles.ts";
import type { World } from "../../world/world.ts";
import { type IamOperations, mergedTags, paged, validationError, withoutTags } from "./operation.ts";

/** Audiences of a provider, and providers of an account. (IAM, "IAM and STS quotas") */
const MOST = { audiences: 100, providers: 100 };
const LONGEST_URL = 255;

/** Identity providers that roles can trust. Nobody signs in with one here. */
export function openIdConnectProviderOperations(world: World): IamOperations {
  const { openIdConnectProviders: providers } = world.iam;
  const providerOf = (arn = ""): OpenIdConnectProvider => {
    const provider = providers.get(arn);
    if (!provider) throw new AwsError("NoSuchEntity", `OpenIDConnect Provider not found for arn ${arn}`);
    return provider;
  };
  return {
    CreateOpenIDConnectProvider: {
      accepts: ["Url", "ClientIDList", "ThumbprintList", "Tags"],
      handle({ Url = "", ClientIDList = [], ThumbprintList = [], Tags }) {
        const place = checkedUrl(Url);
        checkAudiences(ClientIDList);
        const Arn = `arn:aws:iam::${world.account}:oidc-provider/${place}`;
        if (providers.get(Arn)) throw new AwsError("EntityAlreadyExists", `Provider with url ${Url} already exists.`);
        if (providers.size >= MOST.providers)
          throw new AwsError(
            "LimitExceeded",
            `Cannot exceed quota for OpenIdConnectProvidersPerAccount: ${MOST.providers}`,
          );
        const made = providers.put({
          Arn,
          Url: place,
          ClientIDList: [...new Set(ClientIDList)],
          // Without one IAM takes that of the provider's own certificate.
          ThumbprintList: ThumbprintList.length > 0 ? ThumbprintList : [thumbprintOf(place)],
          CreateDate: secondsOnly(world.now()),
          Tags: mergedTags([], Tags),
        });
        return { OpenIDConnectProviderArn: Arn, Tags: made.Tags };
      },
    },

    GetOpenIDConnectProvider: {
      accepts: ["OpenIDConnectProviderArn"],
      handle({ OpenIDConnectProviderArn }) {
        const { Arn: _, ...provider } = providerOf(OpenIDConnectProviderArn);
        return provider;
      },
    },

    ListOpenIDConnectProviders: {
      accepts: [],
      handle: () => ({ OpenIDConnectProviderList: providers.all().map(({ Arn }) => ({ Arn })) }),
    },

    DeleteOpenIDConnectProvider: {
      accepts: ["OpenIDConnectProviderArn"],
      // One that is not there is no error. (iam:DeleteOpenIDConnectProvider)
      handle({ OpenIDConnectProviderArn = "" }) {
        providers.delete(OpenIDConnectProviderArn);
        return {};
      },
    },

    AddClientIDToOpenIDConnectProvider: {
      accepts: ["OpenIDConnectProviderArn", "ClientID"],
      handle({ OpenIDConnectProviderArn, ClientID = "" }) {
        const provider = providerOf(OpenIDConnectProviderArn);
        const ClientIDList = [...new Set([...provider.ClientIDList, ClientID])];
        checkAudiences(ClientIDList);
        providers.put({ ...provider, ClientIDList });
        return {};
      },
    },

    RemoveClientIDFromOpenIDConnectProvider: {
      accepts: ["OpenIDConnectProviderArn", "ClientID"],
      handle({ OpenIDConnectProviderArn, ClientID }) {
        const provider = providerOf(OpenIDConnectProviderArn);
        providers.put({ ...provider, ClientIDList: provider.ClientIDList.filter((id) => id !== ClientID) });
        return {};
      },
    },

    TagOpenIDConnectProvider: {
      accepts: ["OpenIDConnectProviderArn", "Tags"],
      handle({ OpenIDConnectProviderArn, Tags }) {
        const provider = providerOf(OpenIDConnectProviderArn);
        providers.put({ ...provider, Tags: mergedTags(provider.Tags, Tags) });
        return {};
      },
    },

    UntagOpenIDConnectProvider: {
      accepts: ["OpenIDConnectProviderArn", "TagKeys"],
      handle({ OpenIDConnectProviderArn, TagKeys }) {
        const provider = providerOf(OpenIDConnectProviderArn);
        providers.put({ ...provider, Tags: withoutTags(provider.Tags, TagKeys) });
        return {};
      },
    },

    ListOpenIDConnectProviderTags: {
      accepts: ["OpenIDConnectProviderArn", "Marker", "MaxItems"],
      handle(input) {
        const { items, ...rest } = paged(providerOf(input.OpenIDConnectProviderArn).Tags, input, world.pageSize);
        return { Tags: items, ...rest };
      },
    },
  };
}

/** Host and path. @throws AwsError if it is no https url without a query */
function checkedUrl(url: string): string {
  const [, place] = /^https:\/\/([a-z0-9.-]+(?:\/[^?#\s]*)?)$/i.exec(url) ?? [];
  if (place === undefined || url.length > LONGEST_URL) throw validationError("Invalid Open ID Connect Provider URL");
  return place.replace(/\/$/, "");
}

function checkAudiences(ids: readonly string[]): void {
  if (ids.length <= MOST.audiences) return;
  throw new AwsError("LimitExceeded", `Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: ${MOST.audiences}`);
}

/** 40 hexadecimal digits, the same for the same place. */
function thumbprintOf(place: string): string {
  return createHash("sha1").update(place).digest("hex");
}
