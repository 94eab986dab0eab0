import {
  AddClientIDToOpenIDConnectProviderCommand,
  CreateOpenIDConnectProviderCommand,
  DeleteOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  type IAMClient,
  ListOpenIDConnectProvidersCommand,
  ListOpenIDConnectProviderTagsCommand,
  RemoveClientIDFromOpenIDConnectProviderCommand,
  TagOpenIDConnectProviderCommand,
  UntagOpenIDConnectProviderCommand,
} from "@aws-sdk/client-iam";
import { expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";

const Url = "https://token.actions.githubusercontent.com";

async function made(iam: IAMClient) {
  const Tags = [{ Key: "for", Value: "tests" }];
  const answer = await iam.send(new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ["one"], Tags }));
  const get = { OpenIDConnectProviderArn: answer.OpenIDConnectProviderArn };
  return { ...get, look: () => iam.send(new GetOpenIDConnectProviderCommand(get)) };
}

test("a provider is known by its host, gets a thumbprint by itself, and is there once", async () => {
  const { iam } = await clientsOf();
  const { OpenIDConnectProviderArn, look } = await made(iam);
  expect(OpenIDConnectProviderArn).toMatch(
    /^arn:aws:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/,
  );
  expect(await look()).toMatchObject({
    Url: "token.actions.githubusercontent.com",
    ClientIDList: ["one"],
    ThumbprintList: [expect.stringMatching(/^[0-9a-f]{40}$/)],
    Tags: [{ Key: "for", Value: "tests" }],
  });
  const { OpenIDConnectProviderList } = await iam.send(new ListOpenIDConnectProvidersCommand({}));
  expect(OpenIDConnectProviderList).toEqual([{ Arn: OpenIDConnectProviderArn }]);
  expect(await refusal(made(iam))).toBe(`EntityAlreadyExists: Provider with url ${Url} already exists.`);
});

test("its audiences and tags are added and taken away", async () => {
  const { iam } = await clientsOf();
  const { OpenIDConnectProviderArn, look } = await made(iam);
  const at = { OpenIDConnectProviderArn };
  await iam.send(new AddClientIDToOpenIDConnectProviderCommand({ ...at, ClientID: "two" }));
  await iam.send(new AddClientIDToOpenIDConnectProviderCommand({ ...at, ClientID: "two" }));
  await iam.send(new RemoveClientIDFromOpenIDConnectProviderCommand({ ...at, ClientID: "one" }));
  expect((await look()).ClientIDList).toEqual(["two"]);
  await iam.send(new TagOpenIDConnectProviderCommand({ ...at, Tags: [{ Key: "by", Value: "us" }] }));
  await iam.send(new UntagOpenIDConnectProviderCommand({ ...at, TagKeys: ["for"] }));
  expect((await iam.send(new ListOpenIDConnectProviderTagsCommand(at))).Tags).toEqual([{ Key: "by", Value: "us" }]);
});

test("one that is gone is not found, and to delete it again is no error", async () => {
  const { iam } = await clientsOf();
  const { OpenIDConnectProviderArn, look } = await made(iam);
  const gone = () => iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }));
  await gone();
  await gone();
  expect(await refusal(look())).toBe(
    `NoSuchEntity: OpenIDConnect Provider not found for arn ${OpenIDConnectProviderArn}`,
  );
});

test("an address without https is refused", async () => {
  const { iam } = await clientsOf();
  const asked = iam.send(new CreateOpenIDConnectProviderCommand({ Url: "http://example.com" }));
  expect(await refusal(asked)).toBe("ValidationError: Invalid Open ID Connect Provider URL");
});
