import type { World } from "../../world/world.ts";
import { type EcrOperations, invalidParameter, mergedTags, repositoryOf } from "./operation.ts";

/** Tags of repositories. */
export function tagOperations(world: World): EcrOperations {
  return {
    TagResource: {
      accepts: ["resourceArn", "tags"],
      handle({ resourceArn, tags }, { region }) {
        const repository = repositoryByArn(world, region, resourceArn);
        const hidden = { ...repository.hidden, tags: mergedTags(repository.hidden.tags, tags) };
        world.region(region).ecr.repositories.put({ ...repository, hidden });
        return {};
      },
    },

    UntagResource: {
      accepts: ["resourceArn", "tagKeys"],
      handle({ resourceArn, tagKeys = [] }, { region }) {
        const repository = repositoryByArn(world, region, resourceArn);
        const tags = repository.hidden.tags.filter(({ Key = "" }) => !tagKeys.includes(Key));
        world.region(region).ecr.repositories.put({ ...repository, hidden: { ...repository.hidden, tags } });
        return {};
      },
    },

    ListTagsForResource: {
      accepts: ["resourceArn"],
      handle({ resourceArn }, { region }) {
        return { tags: repositoryByArn(world, region, resourceArn).hidden.tags };
      },
    },
  };
}

function repositoryByArn(world: World, region: string, arn = "") {
  const [, of, registryId, name] = /^arn:aws:ecr:([a-z0-9-]+):(\d{12}):repository\/(.+)$/.exec(arn) ?? [];
  if (of !== region) throw invalidParameter("resourceArn", "Invalid ARN");
  return repositoryOf(world, region, name, registryId);
}
