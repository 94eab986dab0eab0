import {
  ListInstanceProfileTagsCommand,
  paginateGetAccountAuthorizationDetails,
  paginateListInstanceProfiles,
} from "@aws-sdk/client-iam";
import type { Clients } from "../clients.ts";
import { fromTagList } from "../tags.ts";
import type { Tagged } from "./scan.ts";
import { unlessGone } from "./unless-gone.ts";

/** Roles and instance profiles. Only the first can be listed with their tags (iam:GetAccountAuthorizationDetails). */
export async function iam({ iam: client }: Clients): Promise<Tagged[]> {
  const found: Tagged[] = [];
  for await (const page of paginateGetAccountAuthorizationDetails({ client }, { Filter: ["Role"] })) {
    for (const { RoleName: id = "", Tags } of page.RoleDetailList ?? [])
      found.push({ type: "role", id, tags: fromTagList(Tags) });
  }
  for await (const { InstanceProfiles = [] } of paginateListInstanceProfiles({ client }, {})) {
    for (const { InstanceProfileName: id = "" } of InstanceProfiles) {
      const answer = await unlessGone(client.send(new ListInstanceProfileTagsCommand({ InstanceProfileName: id })));
      if (answer) found.push({ type: "instance profile", id, tags: fromTagList(answer.Tags) });
    }
  }
  return found;
}
