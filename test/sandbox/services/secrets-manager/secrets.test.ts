import {
  CreateSecretCommand,
  type CreateSecretCommandInput,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  type GetRandomPasswordCommandInput,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";
import { refusal } from "../clients.ts";

const SecretId = "shop/db";
const DAY = 86_400_000;

interface At {
  readonly secrets: SecretsManagerClient;
  readonly world: World;
}

async function secretsOf(options: SandboxOptions = {}): Promise<At> {
  const sandbox = await sandboxForTest({ speed: "manual", delays: "none", throttling: false, ...options });
  const secrets = new SecretsManagerClient({ ...clientConfig(sandbox), maxAttempts: 1 });
  onTestFinished(() => secrets.destroy());
  return { secrets, world: sandbox.world };
}

const create = ({ secrets }: At, input: Partial<CreateSecretCommandInput> = {}) =>
  secrets.send(new CreateSecretCommand({ Name: SecretId, SecretString: "one", ...input }));
const describeSecret = ({ secrets }: At, id = SecretId) => secrets.send(new DescribeSecretCommand({ SecretId: id }));
const read = ({ secrets }: At, more: object = {}) => secrets.send(new GetSecretValueCommand({ SecretId, ...more }));
const put = ({ secrets }: At, SecretString: string, more: object = {}) =>
  secrets.send(new PutSecretValueCommand({ SecretId, SecretString, ...more }));
const remove = ({ secrets }: At, more: object = {}) => secrets.send(new DeleteSecretCommand({ SecretId, ...more }));
const namesOf = async ({ secrets }: At, more: object = {}) =>
  ((await secrets.send(new ListSecretsCommand(more))).SecretList ?? []).map(({ Name }) => Name);

describe("a secret", () => {
  it("is found by its name, its ARN, and its ARN without the six characters", async () => {
    const at = await secretsOf();
    const { ARN = "", VersionId } = await create(at, { Description: "of the shop", Tags: [{ Key: "a", Value: "b" }] });
    expect(ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:shop\/db-[A-Za-z0-9]{6}$/);
    for (const id of [SecretId, ARN, ARN.slice(0, -7)]) {
      expect(await describeSecret(at, id)).toMatchObject({
        ARN,
        Name: SecretId,
        Description: "of the shop",
        Tags: [{ Key: "a", Value: "b" }],
        VersionIdsToStages: { [VersionId ?? ""]: ["AWSCURRENT"] },
      });
    }
    expect(await refusal(describeSecret(at, `${ARN.slice(0, -6)}ABCDEF`))).toBe(
      "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    );
  });

  it("is made once: the same request made again answers the same, another one is refused", async () => {
    const at = await secretsOf();
    const ClientRequestToken = "11111111-2222-3333-4444-555555555555";
    const first = await create(at, { ClientRequestToken });
    expect(await create(at, { ClientRequestToken })).toMatchObject({ ARN: first.ARN, VersionId: ClientRequestToken });
    const exists = `ResourceExistsException: The operation failed because the secret ${SecretId} already exists.`;
    expect(await refusal(create(at, { ClientRequestToken, SecretString: "two" }))).toBe(exists);
    expect(await refusal(create(at))).toBe(exists);
  });

  it.each([
    [{ Name: "what?" }, /^ValidationException: Invalid name\. Must be a valid name containing alphanumeric/],
    [{ Name: "" }, /^ValidationException: 1 validation error detected: Value '' at 'name'/],
    [{ SecretBinary: Buffer.from("x") }, /^InvalidParameterException: You can't specify both a binary secret value/],
    [{ KmsKeyId: "alias/mine" }, /^SandboxNotEmulated: .*KMS keys of your own/],
    [{ Tags: [{ Key: "aws:x", Value: "" }] }, /^InvalidParameterException: aws: prefixed tag key names/],
  ])("is not made of %j", async (input, words) => {
    expect(await refusal(create(await secretsOf(), input))).toMatch(words);
  });

  it("is seen by other calls a moment after it was made, and listed later", async () => {
    const at = await secretsOf({ delays: "short" });
    await create(at);
    expect(await refusal(read(at))).toMatch(/^ResourceNotFoundException/);
    await at.world.clock.advance(100);
    expect((await read(at)).SecretString).toBe("one");
    expect(await namesOf(at)).toEqual([]);
    await at.world.clock.advance(200);
    expect(await namesOf(at)).toEqual([SecretId]);
  });

  it("is listed by the beginnings of names and tags, page by page", async () => {
    const at = await secretsOf({ pageSize: 1 });
    for (const Name of ["shop/a", "shop/b", "other"]) {
      await create(at, { Name, Tags: [{ Key: `of-${Name}`, Value: "x" }] });
    }
    const Filters = [{ Key: "name" as const, Values: ["shop/"] }];
    const { SecretList, NextToken } = await at.secrets.send(new ListSecretsCommand({ Filters, SortOrder: "asc" }));
    expect(SecretList?.map(({ Name }) => Name)).toEqual(["shop/a"]);
    expect(await namesOf(at, { Filters, SortOrder: "asc", NextToken })).toEqual(["shop/b"]);
    expect(await namesOf(at, { MaxResults: 9, Filters: [{ Key: "name", Values: ["!shop"] }] })).toEqual(["other"]);
    expect(await namesOf(at, { MaxResults: 9, Filters: [{ Key: "tag-key", Values: ["of-shop/b"] }] })).toEqual([
      "shop/b",
    ]);
  });

  it("gets tags and loses them", async () => {
    const at = await secretsOf();
    await create(at);
    const tags = async () => (await describeSecret(at)).Tags;
    expect(await tags()).toBeUndefined();
    const Tags = ["a", "b"].map((Key) => ({ Key, Value: "1" }));
    await at.secrets.send(new TagResourceCommand({ SecretId, Tags }));
    await at.secrets.send(new UntagResourceCommand({ SecretId, TagKeys: ["a"] }));
    expect(await tags()).toEqual([{ Key: "b", Value: "1" }]);
  });
});

describe("the value of a secret", () => {
  it("that is put becomes the current one, and the one before is the previous one", async () => {
    const at = await secretsOf();
    const { VersionId: first } = await create(at);
    const { VersionId: second, VersionStages } = await put(at, "two");
    expect(VersionStages).toEqual(["AWSCURRENT"]);
    expect(await read(at)).toMatchObject({ SecretString: "two", VersionId: second, VersionStages: ["AWSCURRENT"] });
    const previous = { SecretString: "one", VersionId: first, VersionStages: ["AWSPREVIOUS"] };
    expect(await read(at, { VersionStage: "AWSPREVIOUS" })).toMatchObject(previous);
    const { VersionId: third } = await at.secrets.send(new UpdateSecretCommand({ SecretId, SecretString: "three" }));
    expect((await describeSecret(at)).VersionIdsToStages).toEqual({
      [second ?? ""]: ["AWSPREVIOUS"],
      [third ?? ""]: ["AWSCURRENT"],
    });
    expect((await read(at, { VersionId: first })).SecretString).toBe("one");
  });

  it("under a label of its own leaves the current one where it is", async () => {
    const at = await secretsOf();
    await create(at);
    await put(at, "next", { VersionStages: ["MINE"] });
    expect((await read(at)).SecretString).toBe("one");
    expect((await read(at, { VersionStage: "MINE" })).SecretString).toBe("next");
  });

  it("is never changed under its id; the same again changes nothing", async () => {
    const at = await secretsOf();
    await create(at);
    const ClientRequestToken = "11111111-2222-3333-4444-555555555555";
    await put(at, "two", { ClientRequestToken });
    expect((await put(at, "two", { ClientRequestToken })).VersionStages).toEqual(["AWSCURRENT"]);
    expect(await refusal(put(at, "three", { ClientRequestToken }))).toMatch(
      /^ResourceExistsException: You can't modify/,
    );
  });

  it("may be bytes, and may not be there at all", async () => {
    const at = await secretsOf();
    await at.secrets.send(new CreateSecretCommand({ Name: SecretId }));
    expect(await refusal(read(at))).toBe(
      "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    );
    await at.secrets.send(new PutSecretValueCommand({ SecretId, SecretBinary: Buffer.from([0, 255]) }));
    expect(Buffer.from((await read(at)).SecretBinary ?? [])).toEqual(Buffer.from([0, 255]));
    expect(await refusal(read(at, { VersionStage: "AWSPREVIOUS" }))).toContain("staging label: AWSPREVIOUS");
    const { VersionId } = await read(at);
    expect(await refusal(read(at, { VersionId, VersionStage: "AWSPREVIOUS" }))).toBe(
      "InvalidRequestException: You provided a VersionStage that is not associated to the provided VersionId.",
    );
  });
});

describe("a secret that is deleted", () => {
  const NAME_TAKEN =
    "InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion.";

  it("holds its name and hides its value until its time is over", async () => {
    const at = await secretsOf();
    await create(at);
    const { DeletionDate } = await remove(at, { RecoveryWindowInDays: 7 });
    expect(DeletionDate?.getTime()).toBe(at.world.now().getTime() + 7 * DAY);
    expect((await describeSecret(at)).DeletedDate).toBeInstanceOf(Date);
    expect(await refusal(read(at))).toBe(
      "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.",
    );
    expect(await refusal(create(at))).toBe(NAME_TAKEN);
    expect(await refusal(remove(at))).toMatch(/^InvalidRequestException: .*currently marked deleted/);
    expect(await namesOf(at)).toEqual([]);
    expect(await namesOf(at, { IncludePlannedDeletion: true })).toEqual([SecretId]);
    await at.world.clock.advance(7 * DAY);
    expect(await refusal(describeSecret(at))).toMatch(/^ResourceNotFoundException/);
    await create(at);
  });

  it("comes back with its value when it is restored in time", async () => {
    const at = await secretsOf();
    await create(at);
    await remove(at);
    await at.secrets.send(new RestoreSecretCommand({ SecretId }));
    await at.world.clock.advance(31 * DAY);
    expect((await read(at)).SecretString).toBe("one");
  });

  it("without recovery is gone after a moment, for which its name is still taken", async () => {
    const at = await secretsOf({ delays: "short" });
    await create(at);
    await at.world.clock.advance(100);
    await remove(at, { ForceDeleteWithoutRecovery: true });
    expect(await refusal(create(at))).toBe(NAME_TAKEN);
    expect(await refusal(at.secrets.send(new RestoreSecretCommand({ SecretId })))).toMatch(/because it was deleted\.$/);
    await at.world.clock.advance(300);
    await create(at);
  });

  it("without recovery is never missed", async () => {
    const at = await secretsOf();
    expect(await remove(at, { ForceDeleteWithoutRecovery: true })).toMatchObject({ Name: SecretId });
    expect(await refusal(remove(at))).toMatch(/^ResourceNotFoundException/);
  });

  it.each([
    [{ RecoveryWindowInDays: 6 }, "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."],
    [
      { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    ],
  ])("is not deleted by %j", async (more, words) => {
    const at = await secretsOf();
    await create(at);
    expect(await refusal(remove(at, more))).toBe(`InvalidParameterException: ${words}`);
  });
});

describe("a random password", () => {
  it.each<[GetRandomPasswordCommandInput, RegExp]>([
    [{}, /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^\w\s])\S{32}$/],
    [{ PasswordLength: 10, ExcludePunctuation: true }, /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9]{10}$/],
    [{ PasswordLength: 4, ExcludePunctuation: true, ExcludeUppercase: true, ExcludeNumbers: true }, /^[a-z]{4}$/],
    [{ PasswordLength: 64, ExcludeCharacters: "0Oo1lI" }, /^[^0Oo1lI]{64}$/],
  ])("of %j has what was asked for", async (input, form) => {
    const { secrets } = await secretsOf();
    const { RandomPassword } = await secrets.send(new GetRandomPasswordCommand(input));
    expect(RandomPassword).toMatch(form);
  });

  it("of nothing is refused", async () => {
    const { secrets } = await secretsOf();
    const nothing = {
      ExcludeLowercase: true,
      ExcludeUppercase: true,
      ExcludeNumbers: true,
      ExcludePunctuation: true,
    };
    expect(await refusal(secrets.send(new GetRandomPasswordCommand(nothing)))).toMatch(/^InvalidParameterException/);
  });
});
