import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  paginateGetParametersByPath,
  RemoveTagsFromResourceCommand,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { describe, expect, test } from "vitest";
import { clientsOf, refusal } from "../clients.ts";

const Name = "/bia/password";
const put = (ssm: SSMClient, input: Partial<PutParameterCommandInput> = {}) =>
  ssm.send(new PutParameterCommand({ Name, Value: "one", Type: "String", ...input }));
const get = async (ssm: SSMClient, name = Name, WithDecryption = false) =>
  (await ssm.send(new GetParameterCommand({ Name: name, WithDecryption }))).Parameter;

test("a parameter is put and got, with its version and ARN", async () => {
  const { ssm, world } = await clientsOf();
  expect(await put(ssm)).toMatchObject({ Version: 1, Tier: "Standard" });
  expect(await get(ssm)).toMatchObject({
    Name,
    Type: "String",
    Value: "one",
    Version: 1,
    DataType: "text",
    ARN: `arn:aws:ssm:us-east-1:${world.account}:parameter/bia/password`,
  });
});

test("of two writers without overwrite only the first one succeeds", async () => {
  const { ssm } = await clientsOf();
  const writes = await Promise.allSettled(Array.from({ length: 5 }, (_, index) => put(ssm, { Value: `${index}` })));
  expect(writes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await refusal(put(ssm))).toMatch(/^ParameterAlreadyExists: /);
});

test("overwriting counts versions, and former ones stay readable", async () => {
  const { ssm } = await clientsOf();
  await put(ssm);
  expect(await put(ssm, { Value: "two", Overwrite: true })).toMatchObject({ Version: 2 });
  expect(await get(ssm)).toMatchObject({ Value: "two", Version: 2 });
  expect(await get(ssm, `${Name}:1`)).toMatchObject({ Value: "one", Version: 1, Selector: ":1" });
  expect(await refusal(get(ssm, `${Name}:3`))).toMatch(/^ParameterVersionNotFound: /);
  const { Parameters } = await ssm.send(new GetParameterHistoryCommand({ Name }));
  expect(Parameters?.map(({ Value }) => Value)).toEqual(["one", "two"]);
});

test("only the last hundred versions are kept", async () => {
  const { ssm } = await clientsOf();
  for (let version = 0; version < 102; version++) await put(ssm, { Value: `v${version}`, Overwrite: true });
  expect(await get(ssm)).toMatchObject({ Version: 102 });
  expect(await refusal(get(ssm, `${Name}:2`))).toMatch(/^ParameterVersionNotFound: /);
  expect(await get(ssm, `${Name}:3`)).toMatchObject({ Value: "v2" });
});

test("a secret is shown only to those who ask for decryption", async () => {
  const { ssm } = await clientsOf();
  await put(ssm, { Type: "SecureString", Value: "s3cret" });
  const encrypted = await get(ssm);
  expect(encrypted?.Type).toBe("SecureString");
  expect(encrypted?.Value).toBeTruthy();
  expect(encrypted?.Value).not.toContain("s3cret");
  expect(await get(ssm, Name, true)).toMatchObject({ Value: "s3cret" });
  const { Parameters } = await ssm.send(new DescribeParametersCommand({}));
  expect(JSON.stringify(Parameters)).not.toContain("s3cret");
});

test("a secret in a list or below a path is shown only to those who ask for decryption, too", async () => {
  const { ssm } = await clientsOf();
  await put(ssm, { Type: "SecureString", Value: "s3cret" });
  const values = async (WithDecryption: boolean) => {
    const listed = await ssm.send(new GetParametersCommand({ Names: [Name], WithDecryption }));
    const below = await ssm.send(new GetParametersByPathCommand({ Path: "/bia", WithDecryption }));
    return [...(listed.Parameters ?? []), ...(below.Parameters ?? [])].map(({ Value }) => Value);
  };
  expect(await values(true)).toEqual(["s3cret", "s3cret"]);
  const hidden = await values(false);
  expect(hidden).toHaveLength(2);
  expect(hidden.join()).not.toContain("s3cret");
});

test("no more than ten parameters are got at once", async () => {
  const { ssm } = await clientsOf();
  const Names = Array.from({ length: 11 }, (_, index) => `/bia/${index}`);
  expect(await refusal(ssm.send(new GetParametersCommand({ Names })))).toMatch(/^ValidationException: .*names/);
});

describe("refused is a parameter", () => {
  test.each<[string, Partial<PutParameterCommandInput>, RegExp]>([
    [
      "of more than 4 KB",
      { Value: "x".repeat(4097) },
      /^ValidationException: Standard tier parameters support a maximum parameter value of 4096 characters/,
    ],
    ["without a value", { Value: "" }, /^ValidationException: /],
    [
      "without a type",
      { Type: undefined },
      /^ValidationException: A parameter type is required when you create a parameter\.$/,
    ],
    [
      "under AWS's own path",
      { Name: "/aws/service/mine" },
      /^AccessDeniedException: No access to reserved parameter name/,
    ],
    ["whose name begins with ssm", { Name: "ssm-mine" }, /^ValidationException: Parameter name: can't be prefixed/],
    ["with a space in its name", { Name: "/my name" }, /^ValidationException: /],
    ["in a folder without a leading slash", { Name: "bia/password" }, /^ValidationException: /],
    ["too deep in folders", { Name: "/a".repeat(16) }, /^HierarchyLevelLimitExceededException: /],
    ["that does not match its own pattern", { AllowedPattern: "^\\d+$" }, /^ParameterPatternMismatchException: /],
    [
      "with tags while it may overwrite",
      { Overwrite: true, Tags: [{ Key: "a", Value: "b" }] },
      /^ValidationException: Invalid request: tags and overwrite can't be used together/,
    ],
    ["with policies, which are not emulated", { Policies: "[]" }, /^SandboxNotEmulated: .*Policies/],
  ])("%s", async (_what, input, expected) => {
    const { ssm } = await clientsOf();
    expect(await refusal(put(ssm, input))).toMatch(expected);
  });

  test("whose type would change", async () => {
    const { ssm } = await clientsOf();
    await put(ssm);
    expect(await refusal(put(ssm, { Type: "SecureString", Overwrite: true }))).toMatch(
      /^HierarchyTypeMismatchException: /,
    );
  });
});

test("what is not there is not found, one by one or named in a list", async () => {
  const { ssm } = await clientsOf();
  await put(ssm);
  expect(await refusal(get(ssm, "/ghost"))).toMatch(/^ParameterNotFound: /);
  expect(await refusal(ssm.send(new DeleteParameterCommand({ Name: "/ghost" })))).toMatch(/^ParameterNotFound: /);
  expect(await ssm.send(new GetParametersCommand({ Names: [Name, "/ghost"] }))).toMatchObject({
    Parameters: [{ Name }],
    InvalidParameters: ["/ghost"],
  });
  expect(await ssm.send(new DeleteParametersCommand({ Names: [Name, "/ghost"] }))).toMatchObject({
    DeletedParameters: [Name],
    InvalidParameters: ["/ghost"],
  });
});

test("parameters are found below a path, all the way down if asked", async () => {
  const { ssm } = await clientsOf({ pageSize: 1 });
  for (const name of ["/bia/a", "/bia/b", "/bia/deep/c", "/other/d"]) await put(ssm, { Name: name });
  const below = async (input: object) => {
    const names: (string | undefined)[] = [];
    for await (const page of paginateGetParametersByPath({ client: ssm }, { Path: "/bia", ...input })) {
      names.push(...(page.Parameters ?? []).map((parameter) => parameter.Name));
    }
    return names;
  };
  expect(await below({})).toEqual(["/bia/a", "/bia/b"]);
  expect(await below({ Recursive: true })).toEqual(["/bia/a", "/bia/b", "/bia/deep/c"]);
  expect(await refusal(ssm.send(new GetParametersByPathCommand({ Path: "bia" })))).toMatch(/^ValidationException: /);
});

test("parameters are described by filters; unknown ones are refused by name", async () => {
  const { ssm } = await clientsOf();
  await put(ssm, { Name: "/bia/a", Tags: [{ Key: "stack", Value: "bia" }] });
  await put(ssm, { Name: "/other/b", Type: "SecureString" });
  const names = async (Key: string, Values: string[], Option?: string) => {
    const { Parameters } = await ssm.send(
      new DescribeParametersCommand({ ParameterFilters: [{ Key, Values, Option }] }),
    );
    return Parameters?.map((parameter) => parameter.Name);
  };
  expect(await names("Name", ["/bia"], "BeginsWith")).toEqual(["/bia/a"]);
  expect(await names("Type", ["SecureString"])).toEqual(["/other/b"]);
  expect(await names("Path", ["/bia"])).toEqual(["/bia/a"]);
  expect(await names("tag:stack", ["bia"])).toEqual(["/bia/a"]);
  expect(await refusal(names("Nmae", ["x"]))).toMatch(
    /^ValidationException: .*Value 'Nmae' at 'parameterFilters.1.member.key' failed .* pattern: tag:\.\+\|Name/,
  );
  expect(await refusal(names("Name", ["x"], "EndsWith"))).toMatch(/^InvalidFilterOption: /);
});

test("outside all folders a name is the same with a slash and without", async () => {
  const { ssm } = await clientsOf();
  await put(ssm, { Name: "bare" });
  await put(ssm, { Name: "/slashed" });
  expect(await refusal(put(ssm, { Name: "/bare" }))).toMatch(/^ParameterAlreadyExists: /);
  expect(await get(ssm, "/bare")).toMatchObject({ Name: "bare", ARN: expect.stringMatching(/:parameter\/bare$/) });
  expect(await get(ssm, "slashed")).toMatchObject({ Name: "/slashed" });
  expect(await put(ssm, { Name: "slashed", Value: "two", Overwrite: true })).toMatchObject({ Version: 2 });
  const { Parameters: there } = await ssm.send(new GetParametersByPathCommand({ Path: "/" }));
  expect(there?.map((parameter) => [parameter.Name, parameter.Value])).toEqual([
    ["/slashed", "two"],
    ["bare", "one"],
  ]);
  const { Parameters: found } = await ssm.send(
    new DescribeParametersCommand({ ParameterFilters: [{ Key: "Name", Option: "BeginsWith", Values: ["/ba", "sl"] }] }),
  );
  expect(found?.map((parameter) => parameter.Name)).toEqual(["/slashed", "bare"]);
  const resource = { ResourceType: "Parameter" as const, ResourceId: "/bare" };
  await ssm.send(new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: "a", Value: "1" }] }));
  expect((await ssm.send(new ListTagsForResourceCommand({ ...resource, ResourceId: "bare" }))).TagList).toHaveLength(1);
  expect(await ssm.send(new DeleteParametersCommand({ Names: ["/bare", "slashed"] }))).toMatchObject({
    DeletedParameters: ["/bare", "slashed"],
  });
  expect((await ssm.send(new DescribeParametersCommand({}))).Parameters).toEqual([]);
});

test("filters of parameters are looked at as AWS does", async () => {
  const { ssm } = await clientsOf();
  await put(ssm, { Type: "SecureString", Tags: [{ Key: "hello", Value: "world" }] });
  const found = async (filter: object) => {
    const filters = { ParameterFilters: [filter].flat() as { Key: string }[] };
    return (await ssm.send(new DescribeParametersCommand(filters))).Parameters?.length;
  };
  expect(await found({ Key: "tag:hello" })).toBe(1);
  expect(await found({ Key: "tag:hello", Option: "BeginsWith", Values: ["w"] })).toBe(1);
  expect(await found({ Key: "tag:hello", Values: ["w"] })).toBe(0);
  expect(await found({ Key: "KeyId", Values: ["alias/aws/ssm"] })).toBe(1);
  expect(await refusal(found({ Key: "Name" }))).toBe(
    "InvalidFilterValue: The following filter values are missing : null for filter key Name.",
  );
  expect(await refusal(found({ Key: "Type", Values: ["Text"] }))).toBe(
    "InvalidFilterOption: The following filter value is not valid: Text. Valid values include: [String, StringList, SecureString].",
  );
  expect(await refusal(found({ Key: "Label", Values: ["x"] }))).toBe(
    "InvalidFilterKey: The following filter key is not valid: Label. Valid filter keys include: [Path, Name, Type, KeyId, Tier].",
  );
  const twice = [1, 2].map(() => ({ Key: "Name", Values: ["x"] }));
  expect(await refusal(found(twice))).toMatch(/^InvalidFilterKey: The following filter is duplicated .*: Name\./);
  for (const path of ["/###", "//", "test"])
    expect(await refusal(found({ Key: "Path", Values: [path] }))).toMatch(
      /^ValidationException: The parameter doesn't/,
    );
  expect(await refusal(found({ Key: "Path", Values: ["/aws"] }))).toMatch(/^ValidationException: Filters for common/);
  const byPath = new GetParametersByPathCommand({
    Path: "/",
    ParameterFilters: [{ Key: "Tier", Values: ["Standard"] }],
  });
  expect(await refusal(ssm.send(byPath))).toMatch(/^InvalidFilterKey: .*: Tier\. Valid filter keys include/);
});

test("tags of a parameter are added, removed and listed; those of other things are not emulated", async () => {
  const { ssm } = await clientsOf();
  await put(ssm, { Tags: [{ Key: "a", Value: "1" }] });
  const resource = { ResourceType: "Parameter" as const, ResourceId: Name };
  await ssm.send(new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: "b", Value: "2" }] }));
  await ssm.send(new RemoveTagsFromResourceCommand({ ...resource, TagKeys: ["a"] }));
  expect((await ssm.send(new ListTagsForResourceCommand(resource))).TagList).toEqual([{ Key: "b", Value: "2" }]);
  const list = (input: object) => refusal(ssm.send(new ListTagsForResourceCommand({ ...resource, ...input })));
  expect(await list({ ResourceId: "/ghost" })).toMatch(/^InvalidResourceId: /);
  expect(await list({ ResourceType: "Document" })).toMatch(/^SandboxNotEmulated: /);
});

describe("AWS's public parameters", () => {
  test("lead to the images of the region", async () => {
    const here = await clientsOf();
    const there = await clientsOf({}, "sa-east-1");
    const name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    const image = await get(here.ssm, name);
    expect(image).toMatchObject({ Value: expect.stringMatching(/^ami-0[0-9a-f]{16}$/), DataType: "aws:ec2:image" });
    expect((await get(there.ssm, name))?.Value).not.toBe(image?.Value);
    expect((await get(here.ssm, name.replace("x86_64", "arm64")))?.Value).not.toBe(image?.Value);
  });

  test("describe the image for ECS as JSON, and its id alone", async () => {
    const { ssm } = await clientsOf();
    const folder = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended";
    const described = JSON.parse((await get(ssm, folder))?.Value ?? "");
    expect(described).toMatchObject({ os: "Amazon Linux 2023", schema_version: 1 });
    expect((await get(ssm, `${folder}/image_id`))?.Value).toBe(described.image_id);
  });

  test("that the sandbox does not know are refused by name, for AWS may have them", async () => {
    const { ssm } = await clientsOf();
    const name = "/aws/service/canonical/ubuntu";
    const asked = [
      get(ssm, name),
      ssm.send(new GetParametersCommand({ Names: [name] })),
      ssm.send(new GetParametersByPathCommand({ Path: name })),
    ];
    for (const one of asked)
      expect(await refusal(one)).toMatch(/^SandboxNotEmulated: .* \/aws\/service\/canonical\/ubuntu;/);
  });
});
