import {
  type AnyTask,
  type Asked,
  type BuiltService,
  type Ref,
  type Refs,
  type RollSettings,
  type ServiceNames,
  type Task,
  task,
  type Version,
} from "../../engine/task.ts";
import { taggedImage } from "../../kinds/ecr/tagged-image.ts";
import { migration } from "../../kinds/ecs/migration.ts";
import { releaseRevision } from "../../kinds/ecs/release-revision.ts";
import type { TaskDefinitionDesired } from "../../kinds/ecs/task-definition-desired.ts";
import { imageVerification, verification } from "../../release/verify/index.ts";
import { versionImage } from "../../remote/app/image.ts";
import { appSource } from "../../remote/app/source.ts";
import type { AppSource } from "../../remote/app/source-check.ts";
import { localImage } from "../../remote/docker/image.ts";
import { putOn, rollTask } from "../roll.ts";

/** What a service's versions are made of. */
export interface Releasable extends ServiceNames {
  /** What its revisions are but for the image and the version's name. */
  readonly definition: Refs<TaskDefinitionDesired>;
  /** The repository that holds the images. */
  readonly repository: string;
  /** `HOST/NAME` */
  readonly repositoryUri: Ref<string>;
  /** The command that migrates the app's database, in a container of its image; undefined: there is nothing to migrate. */
  readonly migrate: readonly string[] | undefined;
  readonly asked?: Asked | undefined;
  readonly rollSettings: RollSettings;
  /** Where its image is built, and from what. */
  readonly built: {
    readonly source: AppSource;
    readonly place: { readonly folder: string; readonly user: string; readonly instanceId: Ref<string> };
    readonly on: string;
    readonly after: readonly AnyTask[];
  };
}

/** A service as new versions are put on it: the source on the work machine, the image, the revision, the roll. */
export function deployedService(of: Releasable): BuiltService {
  const { name, cluster, family, container, repository, asked, rollSettings } = of;
  return {
    versionsOf: "image",
    name,
    cluster,
    family,
    container,
    repository,
    ...(asked && { asked }),
    rollSettings,
    release(version) {
      const checks = task("release-checks", `checks of version ${version.tag}`, verification, {
        cluster,
        service: name,
        definition: of.definition,
      });
      const { tasks, image, digest } =
        version.builder === "none" ? pushedImage(of, version, checks) : builtBy(version.builder)(of, version, checks);
      const platform = task("release-platform", `platform of ${repository}:${version.tag}`, imageVerification, {
        repository,
        reference: digest.reference,
        definition: of.definition,
        repositoryUri: of.repositoryUri,
        ...(version.registry && { registry: version.registry }),
      });
      const revision = task(
        "release-revision",
        `revision of ${family} for ${version.tag}`,
        releaseRevision,
        {
          definition: of.definition,
          service: { cluster, name },
          released: { image: digest.image, version: version.tag },
        },
        [platform],
      );
      const arn = revision.out((found) => found.arn);
      const migrated =
        version.migrate && of.migrate
          ? task("release-migration", `migrations of ${version.tag}`, migration, {
              cluster,
              family,
              container,
              revision: arn,
              command: of.migrate,
            })
          : undefined;
      const before = migrated ? [migrated] : [];
      const roll = rollTask(of, `service ${name} on ${version.tag}`, arn, version.roll, { after: before });
      const all = [checks, ...tasks, platform, revision, ...before, roll];
      const built = { image, platform };
      return { tasks: all, checks, built, revision, roll, ...(migrated && { migration: migrated }) };
    },
    putOn: putOn(of),
  };
}

function builtBy(builder: "machine" | "docker") {
  return builder === "machine" ? builtImage : builtHere;
}

function builtHere(
  { built, repository, repositoryUri, definition }: Releasable,
  { tag, buildArgs, registry }: Version,
  checks: AnyTask,
) {
  const asked = { repositoryName: repository, repositoryUri, tag, buildArgs, definition, source: built.source };
  const desired = { ...asked, ...(registry && { registry }) };
  const image = task("release-image", `image ${repository}:${tag}`, localImage, desired, [checks]);
  return { tasks: [image], image, digest: byDigest(image) };
}

function builtImage({ built, repository, repositoryUri }: Releasable, { tag, buildArgs }: Version, checks: AnyTask) {
  const { place, source, on, after } = built;
  const sent = task("release-source", `source on ${on}`, appSource, { ...place, source }, [...after, checks]);
  const image = task("release-image", `image ${repository}:${tag}`, versionImage, {
    ...place,
    repositoryName: repository,
    repositoryUri,
    tag,
    buildArgs,
    version: sent.out(({ wanted }) => wanted),
  });
  return { tasks: [sent, image], image, digest: byDigest(image) };
}

function pushedImage({ repository, repositoryUri }: Releasable, { tag }: Version, checks: AnyTask) {
  const asked = { repositoryName: repository, repositoryUri, tag };
  const image = task("release-image", `image ${repository}:${tag}`, taggedImage, asked, [checks]);
  return { tasks: [image], image, digest: byDigest(image) };
}

/** What an image is pulled by, whatever its tag is moved to later, and its digest alone. */
function byDigest<Desired>(image: Task<Desired, { readonly uri: string; readonly digest: string | undefined }, never>) {
  return {
    image: image.out(({ uri, digest }) => `${withoutTag(uri)}@${digest}`),
    reference: image.out(({ digest = "" }) => digest),
  };
}

function withoutTag(uri: string): string {
  return uri.slice(0, uri.lastIndexOf(":"));
}
