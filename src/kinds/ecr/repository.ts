import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  type Repository as EcrRepository,
  GetLifecyclePolicyCommand,
  ListTagsForResourceCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  TagResourceCommand,
} from "@aws-sdk/client-ecr";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind } from "../../engine/task.ts";
import { describePolicy, keepsUntagged, keepUntaggedPolicy } from "./lifecycle-policy.ts";

/** A repository of images. Names are unique in the account's registry of a region. */
export interface RepositoryDesired {
  readonly name: string;
  /** Whether a tag may be moved to another image. Default `MUTABLE`, without which `latest` can be pushed once only. */
  readonly tagMutability?: "MUTABLE" | "IMMUTABLE";
  /** Look for known vulnerabilities in what is pushed (basic scanning, free). Default false. */
  readonly scanOnPush?: boolean;
  /** Untagged images that are kept; older ones expire within a day. Absent: nothing expires, and others' rules stay. */
  readonly keepUntagged?: number;
}

/** A repository as ECR has it. */
export interface Repository {
  readonly name: string;
  readonly arn: string;
  /** Where images are pushed to and pulled from, without a tag: `HOST/NAME`. */
  readonly uri: string;
  readonly tagMutability: string;
  readonly scanOnPush: boolean;
  /** JSON; undefined: nothing expires. */
  readonly lifecyclePolicy: string | undefined;
  readonly tags: Tags;
}

/** A repository with what it does with its images. It is found by its name. */
export const repository: Kind<RepositoryDesired, Repository, Aws> = {
  type: "ecr.repository",
  async find({ ecr }, { name }) {
    try {
      const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }));
      const found = repositories?.[0];
      if (!found?.repositoryArn || !found.repositoryUri) return undefined;
      const [lifecyclePolicy, { tags }] = await Promise.all([
        lifecyclePolicyOf(ecr, name),
        ecr.send(new ListTagsForResourceCommand({ resourceArn: found.repositoryArn })),
      ]);
      return { ...fromAws(found), lifecyclePolicy, tags: fromTagList(tags) };
    } catch (error) {
      if (isCode(error, "RepositoryNotFoundException")) return undefined;
      throw error;
    }
  },
  diff({ tagMutability = "MUTABLE", scanOnPush = false, keepUntagged }, actual) {
    const changes: Change[] = [];
    if (tagMutability !== actual.tagMutability) {
      changes.push({ field: MUTABILITY, from: actual.tagMutability, to: tagMutability });
    }
    if (scanOnPush !== actual.scanOnPush) {
      changes.push({ field: SCAN, from: `${actual.scanOnPush}`, to: `${scanOnPush}` });
    }
    if (keepUntagged !== undefined && !keepsUntagged(actual.lifecyclePolicy, keepUntagged)) {
      changes.push({
        field: LIFECYCLE,
        from: describePolicy(actual.lifecyclePolicy),
        to: `keeps ${keepUntagged} untagged`,
      });
    }
    return changes;
  },
  async create({ ecr, ownership }, { name, tagMutability = "MUTABLE", scanOnPush = false, keepUntagged }) {
    const { repository: made } = await ecr.send(
      new CreateRepositoryCommand({
        repositoryName: name,
        imageTagMutability: tagMutability,
        imageScanningConfiguration: { scanOnPush },
        tags: toTagList(ownership),
      }),
    );
    const lifecyclePolicy = keepUntagged === undefined ? undefined : await putLifecyclePolicy(ecr, name, keepUntagged);
    return made && { ...fromAws(made), lifecyclePolicy, tags: ownership };
  },
  async update({ ecr }, { tagMutability = "MUTABLE", scanOnPush = false, keepUntagged }, { name }, changes) {
    const repositoryName = name;
    for (const { field } of changes) {
      if (field === MUTABILITY) {
        await ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: tagMutability }));
      } else if (field === SCAN) {
        const imageScanningConfiguration = { scanOnPush };
        await ecr.send(new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration }));
      } else if (field === LIFECYCLE && keepUntagged !== undefined) {
        await putLifecyclePolicy(ecr, name, keepUntagged);
      }
    }
  },
  async remove({ ecr }, { name }) {
    // Without force a repository with images stays, and even one whose tags are all gone still has untagged ones.
    await ecr.send(new DeleteRepositoryCommand({ repositoryName: name, force: true }));
  },
  tags: ({ tags }) => tags,
  async adopt({ ecr }, { arn }, tags) {
    await ecr.send(new TagResourceCommand({ resourceArn: arn, tags: toTagList(tags) }));
  },
  holds: "its images",
  describe: ({ uri }) => uri,
  goneAtOnce: true,
  limits: { usually: 1, ready: 60, gone: 60 },
};

function fromAws(found: EcrRepository): Omit<Repository, "lifecyclePolicy" | "tags"> {
  return {
    name: found.repositoryName ?? "",
    arn: found.repositoryArn ?? "",
    uri: found.repositoryUri ?? "",
    tagMutability: found.imageTagMutability ?? "MUTABLE",
    scanOnPush: found.imageScanningConfiguration?.scanOnPush ?? false,
  };
}

const MUTABILITY = "tag mutability";
const SCAN = "scan on push";
const LIFECYCLE = "lifecycle policy";

async function lifecyclePolicyOf(ecr: ECRClient, repositoryName: string): Promise<string | undefined> {
  try {
    return (await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).lifecyclePolicyText;
  } catch (error) {
    if (isCode(error, "LifecyclePolicyNotFoundException")) return undefined;
    throw error;
  }
}

async function putLifecyclePolicy(ecr: ECRClient, repositoryName: string, keepUntagged: number): Promise<string> {
  const lifecyclePolicyText = keepUntaggedPolicy(keepUntagged);
  await ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }));
  return lifecyclePolicyText;
}
