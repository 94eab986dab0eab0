import { PutParameterCommand } from "@aws-sdk/client-ssm";
import type { Aws } from "../../aws/clients.ts";
import { toTagList } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";
import { type AnyParameter, anyParameter, findParameter } from "./any-parameter.ts";

/** A text in Parameter Store that is no secret. */
export interface ParameterDesired {
  /** E.g. `/retail-store-ecs/catalog/db-endpoint`. */
  readonly name: string;
  readonly description: string;
  readonly value: string;
}

/** A parameter with what is in it. */
export interface Parameter extends AnyParameter {
  readonly value: string;
}

/** A parameter of type String, for what is known of the stack alone: it follows what it is told. */
export const parameter: Kind<ParameterDesired, Parameter, Aws> = {
  type: "ssm.parameter",
  ...anyParameter,
  async find({ ssm }, { name }) {
    const found = await findParameter(ssm, name);
    if (!found) return undefined;
    const { known, answered } = found;
    // What somebody made a secret stays one: encrypted, its value is of no use, and in no plan.
    return { ...known, value: known.type === "SecureString" ? "" : (answered.Value ?? "") };
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
  describe: ({ value }) => value,
};
