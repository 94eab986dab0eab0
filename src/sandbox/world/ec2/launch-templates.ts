import type {
  LaunchTemplateSpecification,
  ResponseLaunchTemplateData,
  RunInstancesRequest,
  Tag,
  TagSpecification,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { entry } from "../entry.ts";
import type { LaunchTemplate, LaunchTemplateVersion } from "../records.ts";
import type { Region } from "../world.ts";
import { invalidCombination, missingParameter } from "./refusals.ts";
import { recordOf } from "./resource-ids.ts";

/** The template that a request names by id or by name. @throws AwsError if there is none */
export function templateOf(
  region: Region,
  { LaunchTemplateId: id, LaunchTemplateName: name }: LaunchTemplateSpecification,
): LaunchTemplate {
  if (id && name) {
    throw invalidCombination(
      "You must specify either the launch template ID or the launch template name, but not both.",
    );
  }
  if (id) return recordOf("launchTemplate", region.ec2.launchTemplates, id);
  if (!name) throw missingParameter("LaunchTemplateId or LaunchTemplateName");
  const template = region.ec2.launchTemplates.find(({ LaunchTemplateName }) => LaunchTemplateName === name);
  if (template) return template;
  throw new AwsError(
    "InvalidLaunchTemplateName.NotFoundException",
    `The specified launch template, with template name ${name}, does not exist.`,
  );
}

/**
 * A version of a template.
 *
 * @param version a number, `$Latest` or `$Default`; absent: the default one
 * @throws AwsError if there is no such version
 */
export function versionOf(region: Region, template: LaunchTemplate, version = "$Default"): LaunchTemplateVersion {
  const found = findVersion(region, template, version);
  if (found) return found;
  throw new AwsError(
    "InvalidLaunchTemplateId.VersionNotFound",
    `Could not find the specified version ${version} for the launch template with ID ${template.LaunchTemplateId}.`,
  );
}

/** As `versionOf`; undefined: there is no such version. */
export function findVersion(
  region: Region,
  { LaunchTemplateId: id, LatestVersionNumber, DefaultVersionNumber }: LaunchTemplate,
  version: string,
): LaunchTemplateVersion | undefined {
  const aliases: Readonly<Record<string, number>> = { $Latest: LatestVersionNumber, $Default: DefaultVersionNumber };
  return region.ec2.launchTemplateVersions.get(`${id}/${entry(aliases, version) ?? version}`);
}

/** A request with all that its launch template says and it does not, and the tags that EC2 itself puts on its instances. */
export function withTemplate(
  region: Region,
  input: RunInstancesRequest,
): { readonly request: RunInstancesRequest; readonly tags: Tag[] } {
  const { LaunchTemplate: named, ...own } = input;
  if (!named) return { request: input, tags: [] };
  const template = templateOf(region, named);
  const { LaunchTemplateData: data, VersionNumber } = versionOf(region, template, named.Version);
  const tags = [
    { Key: "aws:ec2launchtemplate:id", Value: template.LaunchTemplateId },
    { Key: "aws:ec2launchtemplate:version", Value: `${VersionNumber}` },
  ];
  return { request: merged(data, own), tags };
}

function merged(data: ResponseLaunchTemplateData, own: Omit<RunInstancesRequest, "LaunchTemplate">) {
  const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  const TagSpecifications = mergedTags(data.TagSpecifications ?? [], own.TagSpecifications ?? []);
  // What a template holds and what RunInstances takes have the same members, but not the same types.
  return { ...(data as object), ...given, TagSpecifications } as RunInstancesRequest;
}

/** Tags of the template and of the request by type of resource; of two tags with one key the request's counts. */
function mergedTags(ofTemplate: readonly TagSpecification[], own: readonly TagSpecification[]): TagSpecification[] {
  const byType = new Map<TagSpecification["ResourceType"], Map<string, Tag>>();
  for (const { ResourceType, Tags } of [...ofTemplate, ...own]) {
    const tags = byType.get(ResourceType) ?? new Map<string, Tag>();
    for (const tag of Tags ?? []) tags.set(tag.Key ?? "", tag);
    byType.set(ResourceType, tags);
  }
  return [...byType].map(([ResourceType, tags]) => ({ ResourceType, Tags: [...tags.values()] }));
}
