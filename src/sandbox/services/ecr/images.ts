import type { ImageDetail, ImageFailure, ImageIdentifier, TagStatus } from "@aws-sdk/client-ecr";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { indexesOf } from "../../world/image-manifest.ts";
import type { RepositoryImage } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { type EcrOperations, paged, repositoryOf } from "./operation.ts";

/** Images of repositories. */
export function imageOperations(world: World): EcrOperations {
  /** Images of a repository, oldest first. */
  const imagesOf = (region: string, name: string | undefined, registryId: string | undefined): RepositoryImage[] => {
    const { repositoryName } = repositoryOf(world, region, name, registryId);
    return world.region(region).ecr.images.filter((image) => image.repositoryName === repositoryName);
  };

  return {
    DescribeImages: {
      accepts: ["registryId", "repositoryName", "imageIds", "nextToken", "maxResults", "filter"],
      handle(input, { region }) {
        const { registryId, repositoryName = "", imageIds, filter } = input;
        const images = imagesOf(region, repositoryName, registryId);
        if (imageIds) {
          const found = imageIds.map((id) => {
            const image = find(images, id);
            if (image) return image;
            throw imageNotFound(id, repositoryName, world.account);
          });
          return { imageDetails: [...new Set(found)].map(detailOf) };
        }
        const { items, ...rest } = paged(images.filter(hasStatus(filter)), input, world.pageSize);
        return { imageDetails: items.map(detailOf), ...rest };
      },
    },

    ListImages: {
      accepts: ["registryId", "repositoryName", "nextToken", "maxResults", "filter"],
      handle(input, { region }) {
        const images = imagesOf(region, input.repositoryName, input.registryId).filter(hasStatus(input.filter));
        // An image is listed once for each of its tags (ecr:ListImages).
        const ids = images.flatMap(({ imageDigest, imageTags }): ImageIdentifier[] =>
          imageTags.length === 0 ? [{ imageDigest }] : imageTags.map((imageTag) => ({ imageDigest, imageTag })),
        );
        const { items, ...rest } = paged(ids, input, world.pageSize);
        return { imageIds: items, ...rest };
      },
    },

    BatchGetImage: {
      accepts: ["registryId", "repositoryName", "imageIds", "acceptedMediaTypes"],
      handle({ registryId, repositoryName, imageIds = [], acceptedMediaTypes = [] }, { region }) {
        const images = imagesOf(region, repositoryName, registryId);
        const asked = imageIds.map((id) => ({ id, image: find(images, id) }));
        return {
          images: asked.flatMap(({ id, image }) => {
            if (!image) return [];
            const { imageManifestMediaType = "", imageDigest } = image;
            if (acceptedMediaTypes.length > 0 && !acceptedMediaTypes.includes(imageManifestMediaType)) {
              throw notEmulated("manifests of another type than they were pushed as");
            }
            return {
              registryId: world.account,
              repositoryName,
              imageId: { imageDigest, ...(id.imageTag !== undefined && { imageTag: id.imageTag }) },
              imageManifest: image.hidden.manifest,
              imageManifestMediaType,
            };
          }),
          failures: asked.flatMap(({ id, image }) => (image ? [] : failureOf(id))),
        };
      },
    },

    BatchDeleteImage: {
      accepts: ["registryId", "repositoryName", "imageIds"],
      handle({ registryId, repositoryName, imageIds = [] }, { region }) {
        const { images } = world.region(region).ecr;
        const deleted: ImageIdentifier[] = [];
        const failures: ImageFailure[] = [];
        for (const id of imageIds) {
          const image = find(imagesOf(region, repositoryName, registryId), id);
          if (!image) {
            failures.push(failureOf(id));
            continue;
          }
          const { imageDigest, imageTags } = image;
          const users = indexesOf(world.region(region), image);
          if (users.length > 0 && (id.imageDigest !== undefined || imageTags.length <= 1)) {
            const failureReason = `Requested image referenced by manifest list: [${users.join(", ")}]`;
            failures.push({ imageId: id, failureCode: "ImageReferencedByManifestList", failureReason });
            continue;
          }
          const isTagOnly = id.imageDigest === undefined && imageTags.length > 1;
          // A digest takes the image with all its tags, a tag only itself; the last one takes the image along
          // (ecr:BatchDeleteImage).
          if (isTagOnly) {
            images.put({ ...image, imageTags: imageTags.filter((tag) => tag !== id.imageTag) });
            deleted.push({ imageDigest, imageTag: id.imageTag });
          } else {
            images.delete(`${image.repositoryName}@${imageDigest}`);
            deleted.push(
              ...(imageTags.length === 0
                ? [{ imageDigest }]
                : imageTags.map((imageTag) => ({ imageDigest, imageTag }))),
            );
          }
        }
        return { imageIds: deleted, failures };
      },
    },
  };
}

/** An image by digest, by tag, or by both, if they belong together. */
function find(images: readonly RepositoryImage[], { imageDigest, imageTag }: ImageIdentifier) {
  if (imageDigest === undefined && imageTag === undefined) return undefined;
  return images.find(
    (image) =>
      (imageDigest === undefined || image.imageDigest === imageDigest) &&
      (imageTag === undefined || image.imageTags.includes(imageTag)),
  );
}

function imageNotFound({ imageDigest, imageTag }: ImageIdentifier, repository: string, registry: string): AwsError {
  return new AwsError(
    "ImageNotFoundException",
    `The image with imageId {imageDigest:'${imageDigest ?? null}', imageTag:'${imageTag ?? null}'} does not exist within the repository with name '${repository}' in the registry with id '${registry}'`,
  );
}

function failureOf(imageId: ImageIdentifier): ImageFailure {
  const { imageDigest, imageTag } = imageId;
  if (imageDigest === undefined && imageTag === undefined) {
    const failureReason = "Invalid request parameters: both tag and digest cannot be null";
    return { imageId, failureCode: "MissingDigestAndTag", failureReason };
  }
  if (imageDigest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(imageDigest)) {
    const failureReason =
      "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'";
    return { imageId, failureCode: "InvalidImageDigest", failureReason };
  }
  return { imageId, failureCode: "ImageNotFound", failureReason: "Requested image not found" };
}

function hasStatus(
  filter: { tagStatus?: TagStatus | undefined; imageStatus?: string | undefined } = {},
): (image: RepositoryImage) => boolean {
  const { tagStatus = "ANY", imageStatus = "ACTIVE" } = filter;
  if (imageStatus !== "ACTIVE" && imageStatus !== "ANY") throw notEmulated("archived images of ECR");
  return ({ imageTags }) => tagStatus === "ANY" || (tagStatus === "TAGGED") === imageTags.length > 0;
}

/** An image without tags has no list of them. */
function detailOf({ hidden: _hidden, imageTags, ...image }: RepositoryImage): ImageDetail {
  return { ...image, ...(imageTags.length > 0 && { imageTags }), imageStatus: "ACTIVE" };
}
