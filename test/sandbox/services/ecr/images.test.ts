import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  ListImagesCommand,
  paginateDescribeImages,
} from "@aws-sdk/client-ecr";
import { describe, expect, it } from "vitest";
import { refusal } from "../clients.ts";
import { ACCOUNT, pushed, registryOf } from "./registry.ts";

const repositoryName = "bia";

describe("an image in a repository", () => {
  it("is described by its tag, with its digest", async () => {
    const { ecr, world } = await registryOf();
    const imageDigest = pushed(world, "one", ["latest", "v1"]);
    const imageIds = [{ imageTag: "latest" }, { imageTag: "v1" }];
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds }));
    expect(imageDetails).toEqual([
      {
        repositoryName,
        registryId: ACCOUNT,
        imageDigest,
        imageTags: ["latest", "v1"],
        imageSizeInBytes: 1000,
        imagePushedAt: expect.any(Date),
        imageManifestMediaType: "application/vnd.oci.image.manifest.v1+json",
        imageStatus: "ACTIVE",
      },
    ]);
  });

  it("that is not there is refused, not answered with an empty list", async () => {
    const { ecr } = await registryOf();
    const imageIds = [{ imageTag: "latest" }];
    expect(await refusal(ecr.send(new DescribeImagesCommand({ repositoryName, imageIds })))).toBe(
      `ImageNotFoundException: The image with imageId {imageDigest:'null', imageTag:'latest'} does not exist within the repository with name 'bia' in the registry with id '${ACCOUNT}'`,
    );
    expect(await refusal(ecr.send(new DescribeImagesCommand({ repositoryName: "other" })))).toContain(
      "RepositoryNotFoundException",
    );
  });

  it("is listed by whether it has a tag, in pages", async () => {
    const { ecr, world } = await registryOf({ pageSize: 2 });
    for (const number of [1, 2, 3]) pushed(world, `${number}`, ["latest"]);
    const described = async (tagStatus: "ANY" | "TAGGED" | "UNTAGGED") => {
      const sizes: number[] = [];
      for await (const page of paginateDescribeImages({ client: ecr }, { repositoryName, filter: { tagStatus } })) {
        sizes.push(page.imageDetails?.length ?? 0);
      }
      return sizes;
    };
    expect(await described("ANY")).toEqual([2, 1]);
    expect(await described("TAGGED")).toEqual([1]);
    expect(await described("UNTAGGED")).toEqual([2]);
    const { imageIds } = await ecr.send(new ListImagesCommand({ repositoryName, filter: { tagStatus: "TAGGED" } }));
    expect(imageIds).toEqual([{ imageDigest: expect.any(String), imageTag: "latest" }]);
  });

  it("is got with its manifest; what is not there is among the failures", async () => {
    const { ecr, world } = await registryOf();
    pushed(world, "one", ["latest"]);
    const imageIds = [{ imageTag: "latest" }, { imageTag: "v9" }, {}, { imageDigest: "odd" }];
    const { images, failures } = await ecr.send(new BatchGetImageCommand({ repositoryName, imageIds }));
    expect(images).toMatchObject([{ imageId: { imageTag: "latest" }, imageManifest: '{"content":"one"}' }]);
    expect(failures?.map(({ failureCode }) => failureCode)).toEqual([
      "ImageNotFound",
      "MissingDigestAndTag",
      "InvalidImageDigest",
    ]);
  });

  it("outlives its tag while it has another one, and goes with the last", async () => {
    const { ecr, world } = await registryOf();
    const imageDigest = pushed(world, "one", ["latest", "v1"]);
    const remove = (imageTag: string) =>
      ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageTag }] }));
    expect(await remove("v1")).toMatchObject({ imageIds: [{ imageDigest, imageTag: "v1" }], failures: [] });
    expect((await ecr.send(new DescribeImagesCommand({ repositoryName }))).imageDetails).toMatchObject([
      { imageTags: ["latest"] },
    ]);
    await remove("latest");
    expect((await ecr.send(new DescribeImagesCommand({ repositoryName }))).imageDetails).toEqual([]);
    expect(await remove("latest")).toMatchObject({ imageIds: [], failures: [{ failureCode: "ImageNotFound" }] });
  });

  it("that lost its tag to a newer one stays, and goes by its digest", async () => {
    const { ecr, world } = await registryOf();
    const imageDigest = pushed(world, "one", ["latest"]);
    pushed(world, "two", ["latest"]);
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageDigest }] }));
    expect(imageDetails?.[0]).not.toHaveProperty("imageTags");
    const deleted = await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest }] }));
    expect(deleted.imageIds).toEqual([{ imageDigest }]);
  });

  it("is deleted with at most 100 others in a call", async () => {
    const { ecr } = await registryOf();
    const imageIds = Array.from({ length: 101 }, (_, number) => ({ imageTag: `v${number}` }));
    expect(await refusal(ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds })))).toMatch(
      /^InvalidParameterException: Invalid parameter at 'imageIds'/,
    );
  });
});
