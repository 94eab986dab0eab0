import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  ModifyLaunchTemplateCommand,
  type RequestLaunchTemplateData,
} from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import { type Fields, fieldChanges } from "../../engine/change.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";
import { type LaunchSettings, toAws } from "./launch-settings.ts";
import { fieldsOf } from "./launch-template-data.ts";
import { writeTags } from "./tags.ts";

/** What instances are launched by. */
export interface LaunchTemplateDesired extends LaunchSettings {
  /** Three characters at least. */
  readonly name: string;
  /** Tags of the instances and their volumes. Absent: only those that make them ours. */
  readonly instanceTags?: Tags;
}

/** A launch template as EC2 has it. */
export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  /** Numbers, as everything that takes a version wants them. */
  readonly defaultVersion: string;
  readonly latestVersion: string;
  /** What its latest version says. */
  readonly latest: Fields;
  readonly tags: Tags;
}

/**
 * A launch template. A version never changes, so whatever differs makes a new one, which becomes the default; older ones
 * stay until the template is destroyed. EC2 hardly looks at what a template says: what is wrong in it is found when
 * something is launched by it.
 */
export const launchTemplate: Kind<LaunchTemplateDesired, LaunchTemplate, Aws> = {
  type: "ec2.launch-template",
  async find({ ec2 }, { name }) {
    const [templates, versions] = await Promise.all([
      ec2.send(new DescribeLaunchTemplatesCommand({ Filters: [{ Name: "launch-template-name", Values: [name] }] })),
      latestVersionOf(ec2, name),
    ]);
    const found = templates.LaunchTemplates?.[0];
    if (!found?.LaunchTemplateId || !versions) return undefined;
    return {
      id: found.LaunchTemplateId,
      name,
      defaultVersion: `${found.DefaultVersionNumber}`,
      latestVersion: `${versions.VersionNumber}`,
      latest: fieldsOf(versions.LaunchTemplateData),
      tags: fromTagList(found.Tags),
    };
  },
  diff(desired, { latest, defaultVersion, latestVersion }) {
    // A version is ours as a whole, so what nobody asked for is a difference too.
    const changes = fieldChanges(latest, fieldsOf(toData(desired, {})));
    if (changes.length > 0 || defaultVersion === latestVersion) return changes;
    return [{ field: "defaultVersion", from: defaultVersion, to: latestVersion }];
  },
  async create({ ec2, ownership }, desired) {
    await ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: desired.name,
        LaunchTemplateData: toData(desired, ownership),
        TagSpecifications: [{ ResourceType: "launch-template", Tags: toTagList(ownership) }],
      }),
    );
  },
  async update({ ec2, ownership }, desired, { id, latestVersion }, changes, note) {
    const isOld = isOnlyDefault(changes);
    const version = isOld ? latestVersion : await newVersion(ec2, id, toData(desired, ownership));
    if (!isOld) {
      note(`version ${version} is for new instances: those that run stay as they are until they are replaced`);
    }
    await ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateId: id, DefaultVersion: version }));
  },
  foreseen: (actual, changes) => (isOnlyDefault(changes) ? actual : { ...actual, latestVersion: "(its next version)" }),
  async remove({ ec2 }, { id }) {
    await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: id }));
  },
  tags: ({ tags }) => tags,
  adopt: (aws, { id }, tags) => writeTags(aws, id, tags),
  describe: ({ latest, latestVersion }) => `version ${latestVersion}, ${latest.instanceType ?? "any instance type"}`,
  goneAtOnce: true,
  limits: { usually: 1, ready: 120, gone: 120 },
};

/** Whether no new version is needed: the newest one is as wanted, and not the default yet. */
function isOnlyDefault(changes: readonly Change[]): boolean {
  return changes.every(({ field }) => field === "defaultVersion");
}

/** Its newest version; undefined: there is no such template. */
async function latestVersionOf(ec2: Aws["ec2"], name: string) {
  try {
    const latest = { LaunchTemplateName: name, Versions: ["$Latest"] };
    return (await ec2.send(new DescribeLaunchTemplateVersionsCommand(latest))).LaunchTemplateVersions?.[0];
  } catch (error) {
    if (isCode(error, "InvalidLaunchTemplateName.NotFoundException")) return undefined;
    throw error;
  }
}

async function newVersion(ec2: Aws["ec2"], id: string, data: RequestLaunchTemplateData): Promise<string> {
  const request = { LaunchTemplateId: id, LaunchTemplateData: data };
  const { LaunchTemplateVersion } = await ec2.send(new CreateLaunchTemplateVersionCommand(request));
  return `${LaunchTemplateVersion?.VersionNumber}`;
}

/** A version as EC2 takes it. */
function toData(desired: LaunchTemplateDesired, ownership: Tags) {
  return toAws(desired, { ...desired.instanceTags, ...ownership });
}
