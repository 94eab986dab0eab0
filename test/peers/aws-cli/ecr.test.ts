import { expect, it } from "vitest";
import { aws, describeOnAwsCli, look } from "./aws.ts";

describeOnAwsCli("the aws CLI on ECR of the sandbox", () => {
  it("shows the repository", () => {
    const { repositories } = look("ecr", "describe-repositories", "--repository-names", "bia");
    expect(repositories).toMatchObject([
      {
        repositoryName: "bia",
        repositoryUri: expect.stringMatching(/^\d{12}\.dkr\.ecr\.us-east-1\.amazonaws\.com\/bia$/),
        imageTagMutability: "MUTABLE",
      },
    ]);
    const { tags } = look("ecr", "list-tags-for-resource", "--resource-arn", repositories[0].repositoryArn);
    expect(tags).toContainEqual({ Key: "bia-infra:stack", Value: "bia" });
  });

  it("shows the image that the work machine built and pushed", () => {
    const { imageIds } = look("ecr", "list-images", "--repository-name", "bia");
    expect(imageIds).toEqual([{ imageTag: "latest", imageDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) }]);
    expect(look("ecr", "describe-images", "--repository-name", "bia", "--image-ids", "imageTag=latest")).toMatchObject({
      imageDetails: [
        { imageTags: ["latest"], imageDigest: imageIds[0].imageDigest, imageSizeInBytes: expect.any(Number) },
      ],
    });
  });

  it("shows that images which lost their tag do not pile up", () => {
    const { lifecyclePolicyText } = look("ecr", "get-lifecycle-policy", "--repository-name", "bia");
    expect(JSON.parse(lifecyclePolicyText).rules).toMatchObject([
      {
        selection: { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 10 },
        action: { type: "expire" },
      },
    ]);
  });

  it("logs docker in for twelve hours", () => {
    const [login] = look("ecr", "get-authorization-token").authorizationData;
    expect(Buffer.from(login.authorizationToken, "base64").toString()).toMatch(/^AWS:.+/);
    const hours = (Date.parse(login.expiresAt) || login.expiresAt * 1000) - Date.now();
    expect(Math.round(hours / 3_600_000)).toBe(12);
  });

  it.each([
    [["describe-repositories", "--repository-names", "nothing"], "RepositoryNotFoundException"],
    [["list-images", "--repository-name", "nothing"], "RepositoryNotFoundException"],
    [["create-repository", "--repository-name", "bia"], "RepositoryAlreadyExistsException"],
    [["delete-repository", "--repository-name", "bia"], "RepositoryNotEmptyException"],
    [["describe-images", "--repository-name", "bia", "--image-ids", "imageTag=nothing"], "ImageNotFoundException"],
    [["describe-pull-through-cache-rules"], "SandboxNotEmulated"],
  ])("is refused with AWS's own code: %j", (args, code) => {
    expect(aws("ecr", ...args).code).toBe(code);
  });
});
