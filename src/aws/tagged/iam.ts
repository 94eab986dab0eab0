import {
  type IAMClient,
  ListInstanceProfileTagsCommand,
  ListRoleTagsCommand,
  paginateListInstanceProfiles,
  paginateListRoles,
} from "@aws-sdk/client-iam";
import { chunks } from "../chunks.ts";
import type { Clients } from "../clients.ts";
import { fromTagList } from "../tags.ts";
import type { Tagged } from "./scan.ts";
import { unlessGone } from "./unless-gone.ts";

/** Who assumes the roles of a stack: machines and tasks. An account may have hundreds of other roles. */
export const ASSUMED_BY: readonly string[] = ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"];
/** Tags that are asked for at once: IAM throttles early. */
const AT_ONCE = 10;

/** Roles and instance profiles. Both are listed without their tags. (iam:ListRoles, iam:ListInstanceProfiles) */
export async function iam({ iam: client }: Clients): Promise<Tagged[]> {
  return [...(await roles(client)), ...(await instanceProfiles(client))];
}

/** Those that a machine or a task may assume: a listing has their trust policies, and only their tags are asked for. */
async function roles(client: IAMClient): Promise<Tagged[]> {
  const names: string[] = [];
  for await (const { Roles = [] } of paginateListRoles({ client }, {})) {
    for (const { RoleName = "", AssumeRolePolicyDocument = "" } of Roles) {
      const trust = decodeURIComponent(AssumeRolePolicyDocument);
      if (ASSUMED_BY.some((service) => trust.includes(`"${service}"`))) names.push(RoleName);
    }
  }
  return tagsOfEach("role", names, (RoleName) => client.send(new ListRoleTagsCommand({ RoleName })));
}

async function instanceProfiles(client: IAMClient): Promise<Tagged[]> {
  const names: string[] = [];
  for await (const { InstanceProfiles = [] } of paginateListInstanceProfiles({ client }, {})) {
    names.push(...InstanceProfiles.flatMap(({ InstanceProfileName }) => InstanceProfileName ?? []));
  }
  return tagsOfEach("instance profile", names, (InstanceProfileName) =>
    client.send(new ListInstanceProfileTagsCommand({ InstanceProfileName })),
  );
}

/** A thing has 50 tags at most, and a page 100. (iam:ListRoleTags) */
async function tagsOfEach(
  type: string,
  names: readonly string[],
  list: (
    name: string,
  ) => Promise<{ readonly Tags?: { Key: string | undefined; Value: string | undefined }[] | undefined }>,
): Promise<Tagged[]> {
  const found: Tagged[] = [];
  for (const part of chunks(names, AT_ONCE)) {
    const looks = part.map(async (id): Promise<Tagged[]> => {
      const answer = await unlessGone(list(id));
      return answer ? [{ type, id, tags: fromTagList(answer.Tags) }] : [];
    });
    found.push(...(await Promise.all(looks)).flat());
  }
  return found;
}
