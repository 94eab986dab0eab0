import type { PutParameterRequest } from "@aws-sdk/client-ssm";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { Parameter, ParameterVersion } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { validation } from "./operation.ts";
import { mergedTags } from "./parameter-tags.ts";

/** Characters of a value by tier. */
const LONGEST_VALUE = { Standard: 4096, Advanced: 8192 } as const;
const LONGEST_NAME = 1011;
const DEEPEST = 15;
const MOST_VERSIONS = 100;

/** A parameter with one version more. @throws AwsError if it cannot be had like this */
export function written(
  world: World,
  present: Parameter | undefined,
  input: PutParameterRequest,
  account: string,
): Parameter {
  const { Value = "", Type = present?.Type, Tags, Overwrite, Description, DataType = "text" } = input;
  const Tier = tierOf(input.Tier ?? present?.Tier);
  if (Tags?.length && Overwrite) {
    throw validation(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  if (!Type) throw validation("A parameter type is required when you create a parameter.");
  if (present && Type !== present.Type) {
    throw new AwsError(
      "HierarchyTypeMismatchException",
      `Parameter Store does not support changing a parameter type in a hierarchy. For example, you can't change a parameter from a ${present.Type} type to a ${Type} type. You must create a new, unique parameter.`,
    );
  }
  if (!["text", "aws:ec2:image", "aws:ssm:integration"].includes(DataType)) {
    throw validation(`The following data type is not supported: ${DataType} (Data type names are all lowercase.)`);
  }
  if (DataType !== "text") throw notEmulated(`parameters of data type ${DataType}`);
  if (input.KeyId !== undefined && input.KeyId !== "alias/aws/ssm") throw notEmulated("KMS keys of your own");
  checkValue(Value, Tier, input.AllowedPattern);
  const version: ParameterVersion = {
    Version: (present?.versions.at(-1)?.Version ?? 0) + 1,
    Value,
    LastModifiedDate: world.now(),
    LastModifiedUser: `arn:aws:iam::${account}:user/sandbox`,
    ...(Description !== undefined && { Description }),
    ...(input.AllowedPattern !== undefined && { AllowedPattern: input.AllowedPattern }),
    ...(Type === "SecureString" && { KeyId: "alias/aws/ssm" }),
  };
  return {
    // Asked for with a slash or without, it keeps its name.
    Name: present?.Name ?? input.Name ?? "",
    Type,
    Tier,
    DataType,
    Tags: present?.Tags ?? mergedTags([], Tags),
    versions: [...(present?.versions ?? []), version].slice(-MOST_VERSIONS),
  };
}

function tierOf(tier: string | undefined): "Standard" | "Advanced" {
  return tier === "Advanced" ? "Advanced" : "Standard";
}

/** @throws AwsError if Parameter Store has no such names */
export function checkName(name: string): void {
  if (/^\/?(?:aws|ssm)/i.test(name)) {
    if (name.startsWith("/aws/"))
      throw new AwsError("AccessDeniedException", `No access to reserved parameter name: ${name}.`);
    throw validation(
      'Parameter name: can\'t be prefixed with "ssm" or "aws" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
    );
  }
  if (!/^[\w.\-/]+$/.test(name) || (name.includes("/") && !name.startsWith("/")) || /\/$|\/\//.test(name)) {
    throw validation("Parameter name must be a fully qualified name.");
  }
  if (name.length > LONGEST_NAME) throw validation(`The parameter name is longer than ${LONGEST_NAME} characters.`);
  if (name.split("/").length - 1 > DEEPEST) {
    throw new AwsError(
      "HierarchyLevelLimitExceededException",
      `A hierarchy can have a maximum of ${DEEPEST} levels. Your hierarchy has ${name.split("/").length - 1}.`,
    );
  }
}

function checkValue(value: string, tier: "Standard" | "Advanced", allowed: string | undefined): void {
  if (value === "") {
    throw validation(
      "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
    );
  }
  if (value.length > LONGEST_VALUE[tier]) {
    throw validation(
      tier === "Standard"
        ? "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
        : "Advanced tier parameters support a maximum parameter value of 8192 characters.",
    );
  }
  if (allowed !== undefined && !matches(allowed, value)) {
    throw new AwsError(
      "ParameterPatternMismatchException",
      `Parameter value, cannot be validated against allowedPattern: ${allowed}`,
    );
  }
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern).test(value);
  } catch {
    throw new AwsError("InvalidAllowedPatternException", `The allowed pattern ${pattern} is not a regular expression.`);
  }
}
