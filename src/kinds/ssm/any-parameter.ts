import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParameterCommand,
  ListTagsForResourceCommand,
  type Parameter,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import type { Kind } from "../../engine/task.ts";

interface Named {
  /** E.g. `/bia-infra/bia/database/password`. */
  readonly name: string;
}

/** A parameter as AWS has it. */
export interface AnyParameter extends Named {
  readonly arn: string;
  /** `String`, or `SecureString` where it is a secret; AWS changes it by making another version. */
  readonly type: string;
  readonly tags: Tags;
}

/** A parameter, and all that AWS answers of it; of a secret the value is encrypted, which nobody needs here. Undefined: there is none. */
export async function findParameter(
  ssm: SSMClient,
  name: string,
): Promise<{ readonly known: AnyParameter; readonly answered: Parameter } | undefined> {
  try {
    const [{ Parameter: answered }, { TagList }] = await Promise.all([
      ssm.send(new GetParameterCommand({ Name: name })),
      ssm.send(new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: name })),
    ]);
    if (!answered?.ARN) return undefined;
    return { known: { name, arn: answered.ARN, type: answered.Type ?? "", tags: fromTagList(TagList) }, answered };
  } catch (error) {
    if (isCode(error, "ParameterNotFound", "InvalidResourceId")) return undefined;
    throw error;
  }
}

/** What is the same of all parameters, whatever is in them. */
export const anyParameter = {
  async remove({ ssm }, { name }) {
    await ssm.send(new DeleteParameterCommand({ Name: name }));
  },
  tags: ({ tags }) => tags,
  async adopt({ ssm }, { name }, tags) {
    const target = { ResourceType: "Parameter", ResourceId: name } as const;
    await ssm.send(new AddTagsToResourceCommand({ ...target, Tags: toTagList(tags) }));
  },
  goneAtOnce: true,
  limits: { usually: 1, ready: 60, gone: 60 },
} satisfies Partial<Kind<Named, AnyParameter, Aws>>;
