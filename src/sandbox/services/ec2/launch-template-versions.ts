import type { LaunchTemplateSpecification, LaunchTemplateVersion as Shape } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { templateOf, versionOf } from "../../world/ec2/launch-templates.ts";
import { invalidValue, missingParameter } from "../../world/ec2/refusals.ts";
import type { LaunchTemplate, LaunchTemplateVersion } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { checkedData } from "./launch-template-data.ts";
import { type Filters, filtered, paged } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

const FILTERS: Filters<Shape> = {
  "create-time": ({ CreateTime }) => CreateTime,
  "is-default-version": ({ DefaultVersion }) => DefaultVersion,
  "image-id": ({ LaunchTemplateData }) => LaunchTemplateData?.ImageId,
  "instance-type": ({ LaunchTemplateData }) => LaunchTemplateData?.InstanceType,
};

/** *seen*, of DescribeLaunchTemplateVersions without a template. */
const WHICH =
  "To describe the launch template data for all your launch templates, for ‘--versions’ specify ‘$Latest’, ‘$Default’, or both, and omit ‘--launch-template-id’, ‘--launch-template-name’, and version numbers. To describe the launch template data for a specific launch template, specify ‘--launch-template-id’ or ‘--launch-template-name’, and for ‘--versions’ specify one or more of the following values: ‘$Latest’, ‘$Default’, or one or more version numbers.";

/** Versions of launch templates: made and deleted, never changed. */
export function launchTemplateVersionOperations(world: World): Ec2Operations {
  return {
    CreateLaunchTemplateVersion: changing(
      [
        "LaunchTemplateId",
        "LaunchTemplateName",
        "LaunchTemplateData",
        "SourceVersion",
        "VersionDescription",
        "ClientToken",
      ],
      (input, { region: name, account }) => {
        const region = world.region(name);
        const template = templateOf(region, input);
        const { LaunchTemplateId, LaunchTemplateName } = template;
        const source = input.SourceVersion && versionOf(region, template, input.SourceVersion).LaunchTemplateData;
        const LaunchTemplateData = { ...source, ...checkedData(input.LaunchTemplateData) };
        const { VersionDescription, ClientToken: token } = input;
        const known = versionsOf(region, template).find(({ hidden }) => token && hidden.token === token);
        if (known) return () => ({ LaunchTemplateVersion: shapeOf(region, known) });
        return () => {
          const VersionNumber = template.hidden.lastVersion + 1;
          const version = region.ec2.launchTemplateVersions.put({
            LaunchTemplateId,
            LaunchTemplateName,
            VersionNumber,
            ...(VersionDescription !== undefined && { VersionDescription }),
            CreateTime: world.now(),
            CreatedBy: `arn:aws:iam::${account}:root`,
            LaunchTemplateData,
            hidden: { ...(token !== undefined && { token }) },
          });
          region.ec2.launchTemplates.update(LaunchTemplateId, (draft) => {
            draft.LatestVersionNumber = VersionNumber;
            draft.hidden.lastVersion = VersionNumber;
          });
          return { LaunchTemplateVersion: shapeOf(region, version) };
        };
      },
    ),

    DescribeLaunchTemplateVersions: reading(
      [
        "LaunchTemplateId",
        "LaunchTemplateName",
        "Versions",
        "MinVersion",
        "MaxVersion",
        "Filters",
        "NextToken",
        "MaxResults",
      ],
      (input, { region: name }) => {
        const region = world.region(name);
        const { MinVersion = "1", MaxVersion = `${Number.MAX_SAFE_INTEGER}`, Versions } = input;
        const wanted = templatesOf(region, input, Versions).flatMap((template) =>
          Versions?.length
            ? [...new Set(Versions.map((version) => versionOf(region, template, version)))]
            : versionsOf(region, template),
        );
        const versions = wanted
          .filter(({ VersionNumber }) => VersionNumber >= Number(MinVersion) && VersionNumber <= Number(MaxVersion))
          .map((version) => shapeOf(region, version));
        const { items, ...rest } = paged(filtered(versions, input.Filters, FILTERS), input, world.pageSize);
        return { LaunchTemplateVersions: items, ...rest };
      },
    ),

    DeleteLaunchTemplateVersions: changing(
      ["LaunchTemplateId", "LaunchTemplateName", "Versions"],
      (input, { region: name }) => {
        const region = world.region(name);
        const template = templateOf(region, input);
        const wanted = (input.Versions ?? []).map((version) => numberOf(version));
        if (wanted.length === 0) throw missingParameter("LaunchTemplateVersion");
        return () => deleteVersions(region, template, wanted);
      },
    ),
  };
}

/** Deletes what can be deleted; what cannot is told in the answer, not as an error (ec2:DeleteLaunchTemplateVersions). */
function deleteVersions(region: Region, template: LaunchTemplate, wanted: readonly number[]) {
  const { LaunchTemplateId, LaunchTemplateName, DefaultVersionNumber } = template;
  const { launchTemplateVersions, launchTemplates } = region.ec2;
  const item = (VersionNumber: number) => ({ LaunchTemplateId, LaunchTemplateName, VersionNumber });
  const there = (number: number) => launchTemplateVersions.get(`${LaunchTemplateId}/${number}`) !== undefined;
  const gone = wanted.filter((number) => number !== DefaultVersionNumber && there(number));
  const kept = wanted.filter((number) => !gone.includes(number));
  for (const number of gone) launchTemplateVersions.delete(`${LaunchTemplateId}/${number}`);
  launchTemplates.update(LaunchTemplateId, (draft) => {
    draft.LatestVersionNumber = versionsOf(region, template)[0]?.VersionNumber ?? DefaultVersionNumber;
  });
  return {
    SuccessfullyDeletedLaunchTemplateVersions: gone.map(item),
    UnsuccessfullyDeletedLaunchTemplateVersions: kept.map((number) => ({
      ...item(number),
      ResponseError:
        number === DefaultVersionNumber
          ? {
              Code: "unexpectedError" as const,
              Message:
                "You can't delete the default version of a launch template; you must first assign a different version as the default.",
            }
          : {
              Code: "launchTemplateVersionDoesNotExist" as const,
              Message: `Could not find the specified version ${number} for the launch template with ID ${LaunchTemplateId}.`,
            },
    })),
  };
}

/** The one template that a request names; all of them, if it only asks for their latest and default versions. */
function templatesOf(
  region: Region,
  named: LaunchTemplateSpecification,
  versions: readonly string[] | undefined,
): LaunchTemplate[] {
  const isAboutAll = versions?.length && versions.every((version) => version === "$Latest" || version === "$Default");
  if (named.LaunchTemplateId || named.LaunchTemplateName) return [templateOf(region, named)];
  if (isAboutAll) return region.ec2.launchTemplates.all();
  throw versions?.length ? invalidValue(WHICH) : new AwsError("MissingParameter", WHICH);
}

/** Newest first. */
function versionsOf(region: Region, { LaunchTemplateId }: LaunchTemplate): LaunchTemplateVersion[] {
  return region.ec2.launchTemplateVersions
    .filter((version) => version.LaunchTemplateId === LaunchTemplateId)
    .sort((a, b) => b.VersionNumber - a.VersionNumber);
}

function shapeOf(region: Region, { hidden: _hidden, ...shape }: LaunchTemplateVersion): Shape {
  const template = region.ec2.launchTemplates.get(shape.LaunchTemplateId);
  return { ...shape, DefaultVersion: template?.DefaultVersionNumber === shape.VersionNumber };
}

function numberOf(version: string): number {
  if (/^[1-9]\d*$/.test(version)) return Number(version);
  throw invalidValue(`Invalid value '${version}' for LaunchTemplateVersion.`);
}
