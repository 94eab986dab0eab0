import type { ParameterStringFilter } from "@aws-sdk/client-ssm";
import { AwsError } from "../../wire/service.ts";
import { withSlash } from "../../world/parameters.ts";
import type { Parameter } from "../../world/records.ts";
import { validation } from "./operation.ts";
import { isBelow } from "./parameter-lookup.ts";

/** Keys that the operations know, beside the tags and DataType that DescribeParameters knows as well. */
const KEYS = {
  DescribeParameters: ["Path", "Name", "Type", "KeyId", "Tier"],
  GetParametersByPath: ["Type", "KeyId", "Label"],
} as const;

/** Values that a key can have, in AWS's order. */
const VALUES: ReadonlyMap<string, readonly string[]> = new Map([
  ["Type", ["String", "StringList", "SecureString"]],
  ["Tier", ["Standard", "Advanced", "Intelligent-Tiering"]],
]);

/**
 * Parameters that pass all filters of an operation.
 *
 * @throws AwsError for a filter that the operation does not take
 */
export function filtered(
  parameters: Parameter[],
  filters: readonly ParameterStringFilter[] | undefined,
  operation: keyof typeof KEYS,
): Parameter[] {
  const seen = new Set<string>();
  for (const { Key = "", Option = usualOption(Key), Values = [] } of filters ?? []) {
    checkKey(Key, operation);
    checkValues(Key, Values);
    if (seen.has(Key)) {
      throw new AwsError(
        "InvalidFilterKey",
        `The following filter is duplicated in the request: ${Key}. A request can contain only one occurrence of a specific filter.`,
      );
    }
    seen.add(Key);
    checkOption(Key, Option);
  }
  return (filters ?? []).reduce((left, filter) => left.filter(test(filter)), parameters);
}

function usualOption(key: string): string {
  return key === "Path" ? "OneLevel" : "Equals";
}

function checkKey(key: string, operation: keyof typeof KEYS): void {
  const known: readonly string[] = KEYS[operation];
  const isOther = operation === "DescribeParameters" && (key === "DataType" || key.startsWith("tag:"));
  if (known.includes(key) || isOther) return;
  throw new AwsError(
    "InvalidFilterKey",
    `The following filter key is not valid: ${key}. Valid filter keys include: [${known.join(", ")}].`,
  );
}

function checkValues(key: string, values: readonly string[]): void {
  if (values.length === 0 && !key.startsWith("tag:")) {
    throw new AwsError("InvalidFilterValue", `The following filter values are missing : null for filter key ${key}.`);
  }
  if (key === "Path") values.forEach(checkPath);
  const known = VALUES.get(key);
  const wrong = values.find((value) => known && !known.includes(value));
  if (wrong === undefined) return;
  throw new AwsError(
    "InvalidFilterOption",
    `The following filter value is not valid: ${wrong}. Valid values include: [${known?.join(", ")}].`,
  );
}

function checkPath(path: string): void {
  if (/^\/(?:aws|ssm)/i.test(path)) {
    throw validation(
      'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive). When using global parameters, please specify within a global namespace.',
    );
  }
  if (/^\/[\w.\-/]*$/.test(path) && !path.includes("//")) return;
  throw validation(
    'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". It can\'t be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.',
  );
}

function checkOption(key: string, option: string): void {
  const known = optionsOf(key);
  if (known.includes(option)) return;
  throw new AwsError(
    "InvalidFilterOption",
    `The following filter option is not valid: ${option}. Valid options include: [${known.join(", ")}].`,
  );
}

function optionsOf(key: string): readonly string[] {
  if (key === "Path") return ["Recursive", "OneLevel"];
  if (key === "Label") return ["Equals"];
  return key === "Name" ? ["BeginsWith", "Contains", "Equals"] : ["BeginsWith", "Equals"];
}

function test({ Key = "", Option, Values = [] }: ParameterStringFilter): (parameter: Parameter) => boolean {
  if (Key === "Path") return ({ Name }) => Values.some((value) => isBelow(value, Option === "Recursive")(Name));
  // Of a tag without values its key alone is asked for.
  if (Values.length === 0) return (parameter) => textsOf(parameter, Key).length > 0;
  const wanted = Key === "Name" && Option !== "Contains" ? Values.map(withSlash) : Values;
  const passes = (text: string) => wanted.some((value) => compare(text, value, Option));
  return (parameter) => textsOf(parameter, Key).some(passes);
}

/** What a filter compares of a parameter. Nobody has labels: LabelParameterVersion is not emulated. */
function textsOf({ Name, Type, Tier, DataType, Tags, versions }: Parameter, key: string): string[] {
  if (key.startsWith("tag:")) {
    return Tags.filter((tag) => `tag:${tag.Key}` === key).map(({ Value = "" }) => Value);
  }
  switch (key) {
    case "Name":
      return [withSlash(Name)];
    case "Type":
      return [Type];
    case "Tier":
      return [Tier];
    case "DataType":
      return [DataType];
    case "KeyId":
      return [versions.at(-1)?.KeyId ?? []].flat();
    default:
      return [];
  }
}

function compare(text: string, value: string, option: string | undefined): boolean {
  if (option === "BeginsWith") return text.startsWith(value);
  return option === "Contains" ? text.includes(value) : text === value;
}
