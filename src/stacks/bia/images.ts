import { type AnyTask, task } from "../../engine/task.ts";
import { repository } from "../../kinds/ecr/repository.ts";
import { appImage } from "../../remote/app/image.ts";
import type { BiaVariables } from "../../variables/index.ts";
import type { SourceOnMachine } from "./aula1.ts";

/** Untagged images that are kept: every push of `latest` leaves the one before it behind, which bills. */
const KEEP_UNTAGGED = 10;

/** The repository, and the first image in it, built on the work machine. */
export function imageTasks(
  { repository: { name, imageTag } }: BiaVariables,
  source: SourceOnMachine,
  after: readonly AnyTask[],
) {
  const images = task("repository", `image repository ${name}`, repository, { name, keepUntagged: KEEP_UNTAGGED });

  const first = task(
    "first-image",
    `image ${name}:${imageTag}`,
    appImage,
    {
      ...source,
      repositoryName: images.out((found) => found.name),
      repositoryUri: images.out(({ uri }) => uri),
      tag: imageTag,
      buildArgs: {},
    },
    after,
  );

  return { repository: images, first };
}
