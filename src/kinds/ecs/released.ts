import { type Tags, VERSION_TAG } from "../../aws/tags.ts";
import type { TaskDefinitionDesired } from "./task-definition-desired.ts";
import type { Settings } from "./task-definition-settings.ts";

/** What a release has set in a revision. */
export interface Released {
  /** By its digest: `HOST/NAME@sha256:...`. */
  readonly image: string;
  /** The tag by which the version is called. */
  readonly version: string;
}

/** A task definition with the image and the name of a version in it. */
export function withRelease(desired: TaskDefinitionDesired, { image, version }: Released): TaskDefinitionDesired {
  const { container: name, versionVariable } = desired.release ?? {};
  const containers = desired.containers.map((container) => {
    if (container.name !== name) return container;
    const environment = { ...container.environment, ...(versionVariable && { [versionVariable]: version }) };
    return { ...container, image, environment };
  });
  return { ...desired, containers };
}

/** What a release has set in a revision with these settings and tags; undefined: none made it. */
export function releasedIn({ release }: TaskDefinitionDesired, settings: Settings, tags: Tags): Released | undefined {
  const version = tags[VERSION_TAG];
  const image = release && settings[`container ${release.container}: image`];
  return version === undefined || image === undefined ? undefined : { version, image };
}

/** The tags of a revision beside those that make it ours. */
export function releaseTags(released: Released | undefined): Tags {
  return released === undefined ? {} : { [VERSION_TAG]: released.version };
}
