import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParameterCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
} from "@aws-sdk/client-ssm";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags, toTagList } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";

/** A text in Parameter Store that is no secret. */
export interface ParameterDesired {
  /** E.g. `/retail-store-ecs/catalog/db-endpoint`. */
  readonly name: string;
  readonly description: string;
  readonly value: string;
}

/** A parameter as AWS has it. */
export interface Parameter {
  readonly name: string;
  readonly arn: string;
  /** `String`; AWS changes it by making another version. */
  readonly type: string;
  readonly value: string;
  readonly tags: Tags;
}

/** A parameter of type String, for what is known of the stack alone: it follows what it is told. */
export const parameter: Kind<ParameterDesired, Parameter, Aws> = {
  type: "ssm.parameter",
  async find({ ssm }, { name }) {
    try {
      const [{ Parameter: found }, { TagList }] = await Promise.all([
        ssm.send(new GetParameterCommand({ Name: name })),
        ssm.send(new ListTagsForResourceCommand({ ResourceType: "Parameter", ResourceId: name })),
      ]);
      if (!found?.ARN) return undefined;
      const type = found.Type ?? "";
      // What somebody made a secret stays one: encrypted, its value is of no use, and in no plan.
      const value = type === "SecureString" ? "" : (found.Value ?? "");
      return { name, arn: found.ARN, type, value, tags: fromTagList(TagList) };
    } catch (error) {
      if (isCode(error, "ParameterNotFound", "InvalidResourceId")) return undefined;
      throw error;
    }
  },
  diff: (desired, actual) => [
    ...change("type", actual.type, "String", { needsReplacement: true }),
    ...change("value", actual.value, desired.value),
  ],
  async create({ ssm, ownership }, { name, description, value }) {
    await ssm.send(
      new PutParameterCommand({
        Name: name,
        Description: description,
        Type: "String",
        Value: value,
        Tags: toTagList(ownership),
      }),
    );
  },
  async update({ ssm }, { name, value }) {
    // With tags AWS refuses to write over it; what is not said stays (ssm:PutParameter).
    await ssm.send(new PutParameterCommand({ Name: name, Value: value, Type: "String", Overwrite: true }));
  },
  async remove({ ssm }, { name }) {
    await ssm.send(new DeleteParameterCommand({ Name: name }));
  },
  tags: ({ tags }) => tags,
  async adopt({ ssm }, { name }, tags) {
    const target = { ResourceType: "Parameter", ResourceId: name } as const;
    await ssm.send(new AddTagsToResourceCommand({ ...target, Tags: toTagList(tags) }));
  },
  describe: ({ value }) => value,
  goneAtOnce: true,
  limits: { usually: 1, ready: 60, gone: 60 },
};
