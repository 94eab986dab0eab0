import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  DeleteOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  TagOpenIDConnectProviderCommand,
} from "@aws-sdk/client-iam";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import type { Kind } from "../../engine/task.ts";

/** Who says for whom a token speaks. An account has one for each url. */
export interface OidcProviderDesired {
  /** Without `https://`, e.g. `token.actions.githubusercontent.com`. */
  readonly host: string;
  /** For whom its tokens are, e.g. `sts.amazonaws.com`. */
  readonly audience: string;
}

/** An identity provider as IAM has it. */
export interface OidcProvider {
  readonly arn: string;
  readonly audiences: readonly string[];
  readonly tags: Tags;
}

/**
 * An OpenID Connect provider. No thumbprint is given: AWS verifies such providers by its own certification authorities.
 * (iam:CreateOpenIDConnectProvider, ThumbprintList)
 */
export const oidcProvider: Kind<OidcProviderDesired, OidcProvider, Aws> = {
  type: "iam.oidc-provider",
  async find({ iam, account }, { host }) {
    const arn = `arn:aws:iam::${account}:oidc-provider/${host}`;
    try {
      const { ClientIDList = [], Tags } = await iam.send(
        new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }),
      );
      return { arn, audiences: ClientIDList, tags: fromTagList(Tags) };
    } catch (error) {
      if (isCode(error, "NoSuchEntity")) return undefined;
      throw error;
    }
  },
  diff({ audience }, { audiences }) {
    if (audiences.includes(audience)) return [];
    return [{ field: "audience", from: audiences.join(", "), to: audience, indispensable: true }];
  },
  async create({ iam, ownership }, { host, audience }) {
    await iam.send(
      new CreateOpenIDConnectProviderCommand({
        Url: `https://${host}`,
        ClientIDList: [audience],
        Tags: toTagList(ownership),
      }),
    );
  },
  async update({ iam }, { audience }, { arn }) {
    await iam.send(
      new AddClientIDToOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn, ClientID: audience }),
    );
  },
  async remove({ iam }, { arn }) {
    await iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }));
  },
  tags: ({ tags }) => tags,
  async adopt({ iam }, { arn }, tags) {
    await iam.send(new TagOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn, Tags: toTagList(tags) }));
  },
  describe: ({ audiences }) => `for ${audiences.join(", ")}`,
  goneAtOnce: true,
  limits: { usually: 1 },
};
