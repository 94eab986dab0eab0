import type { ImageTagMutability, Repository as WireRepository } from "@aws-sdk/client-ecr";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { Repository } from "../../world/records.ts";
import { registryHost } from "../../world/registry.ts";
import type { World } from "../../world/world.ts";
import { type EcrOperations, mergedTags, paged, repositoryOf } from "./operation.ts";

/** Repositories and their settings. */
export function repositoryOperations(world: World): EcrOperations {
  return {
    CreateRepository: {
      accepts: [
        "registryId",
        "repositoryName",
        "tags",
        "imageTagMutability",
        "imageScanningConfiguration",
        "encryptionConfiguration",
      ],
      handle(input, { region: name }) {
        const { repositoryName = "", registryId = world.account, imageTagMutability = "MUTABLE" } = input;
        const { repositories } = world.region(name).ecr;
        checkMutability(imageTagMutability);
        if (registryId !== world.account) throw notEmulated("registries of other accounts");
        if (repositories.get(repositoryName)) {
          throw new AwsError(
            "RepositoryAlreadyExistsException",
            `The repository with name '${repositoryName}' already exists in the registry with id '${registryId}'`,
          );
        }
        const { encryptionType = "AES256", kmsKey } = input.encryptionConfiguration ?? {};
        if (encryptionType !== "AES256" || kmsKey !== undefined)
          throw notEmulated("encryption with keys of KMS in ECR");
        const repository = repositories.put({
          repositoryName,
          registryId,
          repositoryArn: `arn:aws:ecr:${name}:${registryId}:repository/${repositoryName}`,
          repositoryUri: `${registryHost(registryId, name)}/${repositoryName}`,
          createdAt: world.now(),
          imageTagMutability,
          imageScanningConfiguration: { scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false },
          encryptionConfiguration: { encryptionType },
          hidden: { tags: mergedTags([], input.tags) },
        });
        return { repository: shapeOf(repository) };
      },
    },

    DescribeRepositories: {
      accepts: ["registryId", "repositoryNames", "nextToken", "maxResults"],
      handle(input, { region }) {
        const { registryId = world.account, repositoryNames = [] } = input;
        if (repositoryNames.length > 0) {
          const repositories = repositoryNames.map((name) => repositoryOf(world, region, name, registryId));
          return { repositories: repositories.map(shapeOf) };
        }
        const all = registryId === world.account ? world.region(region).ecr.repositories.all() : [];
        const { items, ...rest } = paged(all.sort(byName), input, world.pageSize);
        return { repositories: items.map(shapeOf), ...rest };
      },
    },

    DeleteRepository: {
      accepts: ["registryId", "repositoryName", "force"],
      handle({ registryId, repositoryName = "", force = false }, { region }) {
        const repository = repositoryOf(world, region, repositoryName, registryId);
        const { repositories, images } = world.region(region).ecr;
        const held = images.filter((image) => image.repositoryName === repositoryName);
        if (held.length > 0 && !force) {
          throw new AwsError(
            "RepositoryNotEmptyException",
            `The repository with name '${repositoryName}' in registry with id '${world.account}' cannot be deleted because it still contains images`,
          );
        }
        for (const { imageDigest } of held) images.delete(`${repositoryName}@${imageDigest}`);
        repositories.delete(repositoryName);
        return { repository: shapeOf(repository) };
      },
    },

    PutImageTagMutability: {
      accepts: ["registryId", "repositoryName", "imageTagMutability"],
      handle({ registryId, repositoryName, imageTagMutability }, { region }) {
        const repository = repositoryOf(world, region, repositoryName, registryId);
        const mutability = checkMutability(imageTagMutability);
        world.region(region).ecr.repositories.put({ ...repository, imageTagMutability: mutability });
        return { registryId: world.account, repositoryName, imageTagMutability: mutability };
      },
    },

    PutImageScanningConfiguration: {
      accepts: ["registryId", "repositoryName", "imageScanningConfiguration"],
      handle({ registryId, repositoryName, imageScanningConfiguration }, { region }) {
        const repository = repositoryOf(world, region, repositoryName, registryId);
        const scanning = { scanOnPush: imageScanningConfiguration?.scanOnPush ?? false };
        world.region(region).ecr.repositories.put({ ...repository, imageScanningConfiguration: scanning });
        return { registryId: world.account, repositoryName, imageScanningConfiguration: scanning };
      },
    },

    DescribeRegistry: {
      accepts: [],
      handle(_input, { region }) {
        world.region(region);
        return { registryId: world.account, replicationConfiguration: { rules: [] } };
      },
    },
  };
}

function checkMutability(mutability: ImageTagMutability | undefined): "MUTABLE" | "IMMUTABLE" {
  if (mutability === "MUTABLE" || mutability === "IMMUTABLE") return mutability;
  throw notEmulated(`the tag mutability ${mutability} of ECR`);
}

function byName(one: Repository, other: Repository): number {
  return one.repositoryName < other.repositoryName ? -1 : 1;
}

function shapeOf({ hidden: _hidden, ...repository }: Repository): WireRepository {
  return repository;
}
