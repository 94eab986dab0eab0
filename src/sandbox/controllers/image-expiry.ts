import { indexesOf } from "../world/image-manifest.ts";
import type { Repository, RepositoryImage } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

const DAY = 86_400_000;

/** A rule of a lifecycle policy (ECR User Guide, "Lifecycle policy properties in Amazon ECR"). */
interface Rule {
  readonly rulePriority: number;
  readonly selection: {
    readonly tagStatus: "tagged" | "untagged" | "any";
    readonly tagPrefixList?: readonly string[];
    readonly tagPatternList?: readonly string[];
    readonly countType: "imageCountMoreThan" | "sinceImagePushed";
    readonly countNumber: number;
  };
}

/** Deletes the images that their repository's lifecycle policy lets expire, some time after it or they have changed. */
export function controlImageExpiry(world: World): void {
  /** Repositories that are about to be looked at. */
  const waiting = new Set<string>();

  function schedule(region: Region, name: string, at = world.later("images expire")): void {
    const key = `${region.name}/${name}`;
    if (waiting.has(key) || region.ecr.repositories.get(name)?.hidden.lifecyclePolicy === undefined) return;
    waiting.add(key);
    world.at(at, () => {
      waiting.delete(key);
      const repository = region.ecr.repositories.get(name);
      if (repository) expire(region, repository);
    });
  }

  function expire(region: Region, { repositoryName, hidden }: Repository): void {
    const { images, repositories } = region.ecr;
    const now = world.now();
    const rules = rulesOf(hidden.lifecyclePolicy);
    const held = images.filter((image) => image.repositoryName === repositoryName);
    // An image that an index is made of can only go after it. (ECR User Guide, "Lifecycle policy evaluation rules")
    const expired = expiredBy(rules, held, now).filter((image) => indexesOf(region, image).length === 0);
    for (const { imageDigest } of expired) images.delete(`${repositoryName}@${imageDigest}`);
    if (expired.length > 0) {
      repositories.update(repositoryName, (draft) => {
        draft.hidden.evaluatedAt = now;
      });
    }
    const ages = rules.flatMap(({ selection }) =>
      selection.countType === "sinceImagePushed" ? selection.countNumber * DAY : [],
    );
    const due = held
      .flatMap(({ imagePushedAt }) => ages.map((age) => imagePushedAt.getTime() + age + 1))
      .filter((time) => time > now.getTime());
    if (due.length > 0) schedule(region, repositoryName, new Date(Math.min(...due)));
  }

  world.watch("ecr", "images", (region, { before, after }) => {
    if (after) schedule(region, after.repositoryName);
    else if (before) schedule(region, before.repositoryName);
  });
  world.watch("ecr", "repositories", (region, { before, after }) => {
    if (after && after.hidden.lifecyclePolicy !== before?.hidden.lifecyclePolicy)
      schedule(region, after.repositoryName);
  });
  for (const region of world.regions()) {
    for (const { repositoryName } of region.ecr.repositories.all()) schedule(region, repositoryName);
  }
}

/** By priority; an image that a rule is about is nothing to the rules after it. */
function expiredBy(rules: readonly Rule[], images: readonly RepositoryImage[], now: Date): RepositoryImage[] {
  let left = [...images].sort((one, other) => other.imagePushedAt.getTime() - one.imagePushedAt.getTime());
  const expired: RepositoryImage[] = [];
  for (const { selection } of rules) {
    const matching = left.filter((image) => isAbout(selection, image));
    left = left.filter((image) => !matching.includes(image));
    const { countType, countNumber } = selection;
    const oldest = now.getTime() - countNumber * DAY;
    expired.push(
      ...(countType === "imageCountMoreThan"
        ? matching.slice(countNumber)
        : matching.filter(({ imagePushedAt }) => imagePushedAt.getTime() < oldest)),
    );
  }
  return expired;
}

/** An image needs a tag for each of the prefixes or patterns. */
function isAbout(
  { tagStatus, tagPrefixList = [], tagPatternList = [] }: Rule["selection"],
  { imageTags }: RepositoryImage,
): boolean {
  if (tagStatus === "any") return true;
  if (tagStatus === "untagged") return imageTags.length === 0;
  const patterns = [...tagPatternList, ...tagPrefixList.map((prefix) => `${prefix}*`)];
  return patterns.every((pattern) => imageTags.some((tag) => matches(pattern, tag)));
}

/** `*` stands for any text. */
function matches(pattern: string, tag: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\-]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(tag);
}

function rulesOf(policy: string | undefined): Rule[] {
  const { rules = [] } = JSON.parse(policy ?? "{}") as { rules?: Rule[] };
  return [...rules].sort((one, other) => one.rulePriority - other.rulePriority);
}
