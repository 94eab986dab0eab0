import {
  CreateHttpNamespaceCommand,
  DeleteNamespaceCommand,
  ListTagsForResourceCommand,
  paginateListNamespaces,
  paginateListServices,
  type ServiceDiscoveryClient,
  TagResourceCommand,
} from "@aws-sdk/client-servicediscovery";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import type { Kind } from "../../engine/task.ts";

/** A namespace of Cloud Map. Names are unique in an account's region. */
export interface HttpNamespaceDesired {
  /** E.g. `retailstore.local`. */
  readonly name: string;
}

/** A namespace as AWS has it. */
export interface HttpNamespace {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly tags: Tags;
}

/**
 * The namespace of Service Connect. An HTTP namespace does, because Service Connect makes no DNS records; one with a hosted zone
 * that somebody else made does, too. It is found by its name.
 */
export const httpNamespace: Kind<HttpNamespaceDesired, HttpNamespace, Aws> = {
  type: "servicediscovery.http-namespace",
  async find({ serviceDiscovery: client }, { name }) {
    const Filters = [{ Name: "NAME" as const, Values: [name], Condition: "EQ" as const }];
    // Cloud Map filters after it has cut pages: one may be empty and not the last.
    for await (const { Namespaces = [] } of paginateListNamespaces({ client }, { Filters })) {
      const [found] = Namespaces;
      if (!found) continue;
      const { Id: id = "", Arn: arn = "" } = found;
      const tags = await tagsOf(client, arn);
      return tags && { id, arn, name, tags };
    }
    return undefined;
  },
  async create({ serviceDiscovery, ownership }, { name }) {
    await serviceDiscovery.send(new CreateHttpNamespaceCommand({ Name: name, Tags: toTagList(ownership) }));
  },
  async remove({ serviceDiscovery }, { id }) {
    await serviceDiscovery.send(new DeleteNamespaceCommand({ Id: id }));
  },
  /** ECS takes its services out of the namespace some time after they were deleted. */
  async blockedBy({ serviceDiscovery: client }, { id }) {
    const Filters = [{ Name: "NAMESPACE_ID" as const, Values: [id], Condition: "EQ" as const }];
    const names: string[] = [];
    for await (const { Services = [] } of paginateListServices({ client }, { Filters })) {
      names.push(...Services.map(({ Name = "" }) => Name));
    }
    return names.length === 0 ? undefined : { by: `services in it: ${names.sort().join(", ")}` };
  },
  tags: ({ tags }) => tags,
  async adopt({ serviceDiscovery }, { arn }, tags) {
    await serviceDiscovery.send(new TagResourceCommand({ ResourceARN: arn, Tags: toTagList(tags) }));
  },
  describe: ({ id }) => id,
  limits: { usually: 10, ready: 300, usuallyGone: 10, gone: 900 },
};

/** Undefined: it is gone, although a listing still shows it. */
async function tagsOf(client: ServiceDiscoveryClient, ResourceARN: string): Promise<Tags | undefined> {
  try {
    return fromTagList((await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags);
  } catch (error) {
    if (isCode(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}
