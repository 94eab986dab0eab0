import {
  CreateRepositoryCommand,
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  GetAuthorizationTokenCommand,
  GetLifecyclePolicyCommand,
  ListTagsForResourceCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  paginateDescribeRepositories,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { readRegistryPassword } from "../../../../src/sandbox/world/registry.ts";
import { refusal } from "../clients.ts";
import { ACCOUNT, pushed, registryOf } from "./registry.ts";

const repositoryName = "bia";
const resourceArn = `arn:aws:ecr:us-east-1:${ACCOUNT}:repository/bia`;
const policy = (rule: object) => JSON.stringify({ rules: [rule] });
const untagged = { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 5 };
const rule = { rulePriority: 1, selection: untagged, action: { type: "expire" } };

describe("a repository", () => {
  it("is described with its address, and with mutable tags that nobody scans unless it was asked for otherwise", async () => {
    const { ecr } = await registryOf();
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ["bia"] }));
    expect(repositories).toEqual([
      {
        repositoryName,
        registryId: ACCOUNT,
        repositoryArn: resourceArn,
        repositoryUri: `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/bia`,
        createdAt: expect.any(Date),
        imageTagMutability: "MUTABLE",
        imageScanningConfiguration: { scanOnPush: false },
        encryptionConfiguration: { encryptionType: "AES256" },
      },
    ]);
  });

  it("has a name that nobody else's in the registry has", async () => {
    const { ecr } = await registryOf();
    expect(await refusal(ecr.send(new CreateRepositoryCommand({ repositoryName })))).toBe(
      `RepositoryAlreadyExistsException: The repository with name 'bia' already exists in the registry with id '${ACCOUNT}'`,
    );
  });

  it.each(["Bia", "b", "a//b", "-bia"])("cannot be called %s", async (name) => {
    const { ecr } = await registryOf();
    expect(await refusal(ecr.send(new CreateRepositoryCommand({ repositoryName: name })))).toMatch(
      /^InvalidParameterException: Invalid parameter at 'repositoryName'/,
    );
  });

  it("that is not there is refused by name, not answered with an empty list", async () => {
    const { ecr } = await registryOf();
    expect(await refusal(ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ["bia", "other"] })))).toBe(
      `RepositoryNotFoundException: The repository with name 'other' does not exist in the registry with id '${ACCOUNT}'`,
    );
  });

  it("is listed among the others, in pages", async () => {
    const { ecr } = await registryOf({ pageSize: 2 });
    for (const name of ["aa", "zz"]) await ecr.send(new CreateRepositoryCommand({ repositoryName: name }));
    const names: unknown[] = [];
    for await (const { repositories } of paginateDescribeRepositories({ client: ecr }, {})) {
      names.push(repositories?.map((one) => one.repositoryName));
    }
    expect(names).toEqual([["aa", "bia"], ["zz"]]);
  });

  it("is deleted with images in it only by force", async () => {
    const { ecr, world } = await registryOf();
    pushed(world, "untagged");
    expect(await refusal(ecr.send(new DeleteRepositoryCommand({ repositoryName })))).toBe(
      `RepositoryNotEmptyException: The repository with name 'bia' in registry with id '${ACCOUNT}' cannot be deleted because it still contains images`,
    );
    await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
    expect(world.region("us-east-1").ecr.images.all()).toEqual([]);
    expect(await refusal(ecr.send(new DeleteRepositoryCommand({ repositoryName })))).toContain(
      "RepositoryNotFoundException",
    );
  });

  it("has its mutability and its scanning changed", async () => {
    const { ecr } = await registryOf();
    await ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: "IMMUTABLE" }));
    const imageScanningConfiguration = { scanOnPush: true };
    await ecr.send(new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration }));
    const { repositories } = await ecr.send(new DescribeRepositoriesCommand({}));
    expect(repositories).toMatchObject([{ imageTagMutability: "IMMUTABLE", imageScanningConfiguration }]);
  });

  it("is refused what the sandbox does not emulate, by name", async () => {
    const { ecr } = await registryOf();
    const encryptionConfiguration = { encryptionType: "KMS" } as const;
    const create = new CreateRepositoryCommand({ repositoryName: "other", encryptionConfiguration });
    expect(await refusal(ecr.send(create))).toMatch(/^SandboxNotEmulated: .*KMS/);
    const imageTagMutability = "IMMUTABLE_WITH_EXCLUSION";
    expect(await refusal(ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability })))).toMatch(
      /^SandboxNotEmulated: .*IMMUTABLE_WITH_EXCLUSION/,
    );
  });

  it("carries tags", async () => {
    const { ecr } = await registryOf();
    const tags = [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ];
    await ecr.send(new TagResourceCommand({ resourceArn, tags }));
    await ecr.send(new TagResourceCommand({ resourceArn, tags: [{ Key: "a", Value: "3" }] }));
    await ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: ["b"] }));
    const listed = await ecr.send(new ListTagsForResourceCommand({ resourceArn }));
    expect(listed.tags).toEqual([{ Key: "a", Value: "3" }]);
    const own = new TagResourceCommand({ resourceArn, tags: [{ Key: "aws:x", Value: "" }] });
    expect(await refusal(ecr.send(own))).toContain("InvalidTagParameterException");
    const other = resourceArn.replace("us-east-1", "eu-west-1");
    expect(await refusal(ecr.send(new ListTagsForResourceCommand({ resourceArn: other })))).toContain(
      "InvalidParameterException",
    );
  });

  it("is in the account's registry", async () => {
    const { ecr } = await registryOf();
    expect(await ecr.send(new DescribeRegistryCommand({}))).toMatchObject({ registryId: ACCOUNT });
  });
});

describe("a lifecycle policy", () => {
  it("is kept as it was put, and gone once it was deleted", async () => {
    const { ecr } = await registryOf();
    const missing = `LifecyclePolicyNotFoundException: Lifecycle policy does not exist for the repository with name 'bia' in the registry with id '${ACCOUNT}'`;
    expect(await refusal(ecr.send(new GetLifecyclePolicyCommand({ repositoryName })))).toBe(missing);
    const lifecyclePolicyText = policy(rule);
    await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
    const got = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }));
    expect(got).toMatchObject({ repositoryName, lifecyclePolicyText });
    await ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
    expect(await refusal(ecr.send(new GetLifecyclePolicyCommand({ repositoryName })))).toBe(missing);
  });

  it.each([
    ["that is no JSON", "{", "Could not map policyString into LifecyclePolicy."],
    ["without rules", "{}", 'missing required properties (["rules"])'],
    ["without a selection", policy({ rulePriority: 1, action: { type: "expire" } }), '["selection"]'],
    ["with another action", policy({ ...rule, action: { type: "keep" } }), 'value ("keep") not found in enum'],
    ["with an unknown property", policy({ ...rule, name: "x" }), 'not allowed by the schema: (["name"])'],
    ["that keeps none", policy({ ...rule, selection: { ...untagged, countNumber: 0 } }), "minimum: 1, found: 0"],
    [
      "by age without a unit",
      policy({ ...rule, selection: { ...untagged, countType: "sinceImagePushed" } }),
      'possible values: ["days"]',
    ],
    ["for tagged images without tags", policy({ ...rule, selection: { ...untagged, tagStatus: "tagged" } }), "tagged"],
    ["with a priority twice", JSON.stringify({ rules: [rule, rule] }), "unique"],
  ])("%s is refused", async (_, lifecyclePolicyText, words) => {
    const { ecr } = await registryOf();
    const said = await refusal(
      ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: lifecyclePolicyText.padEnd(100) })),
    );
    expect(said).toContain(
      "InvalidParameterException: Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint",
    );
    expect(said).toContain(words);
  });
});

describe("a registry's password", () => {
  it("is for user AWS and good for twelve hours", async () => {
    const { ecr, world } = await registryOf();
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
    const { authorizationToken = "", expiresAt, proxyEndpoint } = authorizationData?.[0] ?? {};
    expect(proxyEndpoint).toBe(`https://${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com`);
    expect((expiresAt?.getTime() ?? 0) - world.now().getTime()).toBeGreaterThan(11.9 * 3_600_000);
    const [user, password = ""] = Buffer.from(authorizationToken, "base64").toString().split(":");
    expect(user).toBe("AWS");
    expect(readRegistryPassword(world, "us-east-1", password)).toBe(`arn:aws:iam::${ACCOUNT}:user/sandbox`);
    expect(readRegistryPassword(world, "eu-west-1", password)).toBeUndefined();
    await world.clock.advance(12 * 3_600_000);
    expect(readRegistryPassword(world, "us-east-1", password)).toBe("expired");
  });
});
