import type { LaunchTemplate as Shape } from "@aws-sdk/client-ec2";
import { AwsError } from "../../wire/service.ts";
import { findVersion, templateOf } from "../../world/ec2/launch-templates.ts";
import { invalidCombination, missingParameter } from "../../world/ec2/refusals.ts";
import { recordsOf } from "../../world/ec2/resource-ids.ts";
import { tagsFor } from "../../world/ec2/tag-specifications.ts";
import { newId } from "../../world/ids.ts";
import type { LaunchTemplate } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { checkedData } from "./launch-template-data.ts";
import { type Filters, filtered, paged, tagFilters } from "./listing.ts";
import { changing, type Ec2Operations, reading } from "./operation.ts";

/** What ec2:CreateLaunchTemplate takes for a name. */
const NAME = /^[a-zA-Z0-9()./_-]{3,128}$/;

const FILTERS: Filters<LaunchTemplate> = {
  "create-time": ({ CreateTime }) => CreateTime,
  "launch-template-name": ({ LaunchTemplateName }) => LaunchTemplateName,
  ...tagFilters(({ Tags }) => Tags),
};

/** Launch templates, without their versions. */
export function launchTemplateOperations(world: World): Ec2Operations {
  return {
    CreateLaunchTemplate: changing(
      ["LaunchTemplateName", "LaunchTemplateData", "VersionDescription", "TagSpecifications", "ClientToken"],
      (input, { region: name, account }) => {
        const region = world.region(name);
        const { LaunchTemplateName = "", VersionDescription, ClientToken: token } = input;
        checkName(LaunchTemplateName);
        const LaunchTemplateData = checkedData(input.LaunchTemplateData);
        const Tags = tagsFor("launch-template", input.TagSpecifications);
        const { launchTemplates, launchTemplateVersions } = region.ec2;
        const known = launchTemplates.find((one) => one.LaunchTemplateName === LaunchTemplateName);
        if (known && token !== undefined && madeBy(region, known, token)) {
          return () => ({ LaunchTemplate: shapeOf(known) });
        }
        if (known) {
          throw new AwsError(
            "InvalidLaunchTemplateName.AlreadyExistsException",
            "Launch template name already in use.",
          );
        }
        return () => {
          const LaunchTemplateId = newId("lt");
          const made = { CreateTime: world.now(), CreatedBy: `arn:aws:iam::${account}:root` };
          launchTemplateVersions.put({
            LaunchTemplateId,
            LaunchTemplateName,
            VersionNumber: 1,
            ...(VersionDescription !== undefined && { VersionDescription }),
            ...made,
            LaunchTemplateData,
            hidden: { ...(token !== undefined && { token }) },
          });
          const template = launchTemplates.put({
            LaunchTemplateId,
            LaunchTemplateName,
            ...made,
            DefaultVersionNumber: 1,
            LatestVersionNumber: 1,
            Tags,
            hidden: { lastVersion: 1 },
          });
          return { LaunchTemplate: shapeOf(template) };
        };
      },
    ),

    DescribeLaunchTemplates: reading(
      ["LaunchTemplateIds", "LaunchTemplateNames", "Filters", "NextToken", "MaxResults"],
      (input, { region: name }) => {
        const { launchTemplates } = world.region(name).ec2;
        const { LaunchTemplateIds: ids = [], LaunchTemplateNames: names = [] } = input;
        const byName = names.map((wanted) => {
          const template = launchTemplates.find(({ LaunchTemplateName }) => LaunchTemplateName === wanted);
          if (template) return template;
          throw new AwsError(
            "InvalidLaunchTemplateName.NotFoundException",
            "At least one of the launch templates specified in the request does not exist.",
          );
        });
        const named = [...recordsOf("launchTemplate", launchTemplates, ids), ...byName];
        const all = ids.length + names.length > 0 ? named : launchTemplates.all();
        const { items, ...rest } = paged(filtered(all, input.Filters, FILTERS), input, world.pageSize);
        return { LaunchTemplates: items.map(shapeOf), ...rest };
      },
    ),

    ModifyLaunchTemplate: changing(
      ["LaunchTemplateId", "LaunchTemplateName", "DefaultVersion", "ClientToken"],
      (input, { region: name }) => {
        const region = world.region(name);
        const { LaunchTemplateId, LaunchTemplateName, DefaultVersion: version } = input;
        if (LaunchTemplateId && LaunchTemplateName) {
          throw invalidCombination("Either provide launch template ID or launch template name to modify the template.");
        }
        const template = templateOf(region, input);
        if (!version) throw missingParameter("SetDefaultVersion");
        const VersionNumber = findVersion(region, template, version)?.VersionNumber;
        if (VersionNumber === undefined) {
          throw new AwsError(
            "InvalidLaunchTemplateId.VersionNotFound",
            `The launch template version ${version} is not found for the specified launch template.`,
          );
        }
        return () => {
          const changed = region.ec2.launchTemplates.update(template.LaunchTemplateId, (draft) => {
            draft.DefaultVersionNumber = VersionNumber;
          });
          return { LaunchTemplate: shapeOf(changed ?? template) };
        };
      },
    ),

    DeleteLaunchTemplate: changing(["LaunchTemplateId", "LaunchTemplateName"], (input, { region: name }) => {
      const region = world.region(name);
      const template = templateOf(region, input);
      return () => {
        const { launchTemplates, launchTemplateVersions } = region.ec2;
        for (const [key, { LaunchTemplateId }] of launchTemplateVersions.entries()) {
          if (LaunchTemplateId === template.LaunchTemplateId) launchTemplateVersions.delete(key);
        }
        launchTemplates.delete(template.LaunchTemplateId);
        return { LaunchTemplate: shapeOf(template) };
      };
    }),
  };
}

function shapeOf({ hidden: _hidden, ...shape }: LaunchTemplate): Shape {
  return shape;
}

function madeBy(region: Region, { LaunchTemplateId }: LaunchTemplate, token: string): boolean {
  return region.ec2.launchTemplateVersions.get(`${LaunchTemplateId}/1`)?.hidden.token === token;
}

function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw new AwsError(
    "InvalidLaunchTemplateName.MalformedException",
    "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _.",
  );
}
