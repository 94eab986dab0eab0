import { DescribeImagesCommand } from "@aws-sdk/client-ecr";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import type { Kind } from "../../engine/task.ts";

/** An image that somebody else puts into a repository. */
export interface TaggedImageDesired {
  readonly repositoryName: string;
  /** `HOST/NAME` */
  readonly repositoryUri: string;
  readonly tag: string;
}

/** An image by its digest. */
export interface TaggedImage {
  /** `HOST/NAME:TAG` */
  readonly uri: string;
  /** `sha256:...` */
  readonly digest: string;
  /** Compressed, as the repository keeps it. */
  readonly bytes: number;
}

/** An image under a tag, which is not ours to make: it is there or it is not. */
export const taggedImage: Kind<TaggedImageDesired, TaggedImage, Aws> = {
  type: "ecr.tagged-image",
  async find({ ecr }, { repositoryName, repositoryUri, tag }) {
    try {
      const { imageDetails } = await ecr.send(
        new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag: tag }] }),
      );
      const { imageDigest, imageSizeInBytes = 0 } = imageDetails?.[0] ?? {};
      return imageDigest === undefined
        ? undefined
        : { uri: `${repositoryUri}:${tag}`, digest: imageDigest, bytes: imageSizeInBytes };
    } catch (error) {
      if (isCode(error, "ImageNotFoundException", "RepositoryNotFoundException")) return undefined;
      throw error;
    }
  },
  missing: ({ repositoryName, tag }) =>
    `Push an image to ${repositoryName}:${tag}, name a tag that is there, or let it be built with --builder machine.`,
  describe: ({ digest, bytes }) => `${digest.slice(0, 19)}, ${(bytes / 1e6).toFixed(0)} MB`,
  limits: { usually: 1 },
};
