import type { ParameterStringFilter } from "@aws-sdk/client-ssm";
import { AwsError } from "../../wire/service.ts";
import { imageParameters } from "../../world/catalogue/images.ts";
import type { Parameter, ParameterVersion } from "../../world/records.ts";
import type { Region } from "../../world/world.ts";

/** What a name led to. */
export interface Found {
  readonly parameter: Parameter;
  /** Undefined: the parameter has no such version. */
  readonly version: ParameterVersion | undefined;
  /** What followed the name after a colon. */
  readonly selector: string;
}

/** By name, by name and version (`NAME:3`), or by ARN. */
export function lookUp(region: Region, account: string, asked: string): Found | undefined {
  const prefix = `arn:aws:ssm:${region.name}:${account}:parameter`;
  const isArn = asked.startsWith(prefix);
  const [name = "", selector = ""] = (isArn ? asked.slice(prefix.length) : asked).split(":");
  const parameter =
    region.ssm.parameters.get(name) ??
    // The ARN of a parameter outside all folders has a slash that its name does not have.
    (isArn ? region.ssm.parameters.get(name.slice(1)) : undefined) ??
    publicParameters(region).find(({ Name }) => Name === name);
  if (!parameter) return undefined;
  const version = parameter.versions.find(({ Version }) => String(Version) === selector);
  return { parameter, version: selector === "" ? parameter.versions.at(-1) : version, selector };
}

/** Parameters that AWS publishes. */
export function publicParameters(region: Region): Parameter[] {
  return [...imageParameters(region.name)].map(([Name, Value]) => ({
    Name,
    Type: "String",
    Tier: "Standard",
    DataType: Value.startsWith("ami-") ? "aws:ec2:image" : "text",
    Tags: [],
    versions: [{ Version: 1, Value, LastModifiedDate: new Date("2026-11-13T06:00:00Z") }],
  }));
}

/** Compares by name. */
export function byName(one: Parameter, other: Parameter): number {
  return one.Name < other.Name ? -1 : 1;
}

/** Whether a name is in a folder, or in one of those below it. */
export function isBelow(path: string, recursive: boolean): (name: string) => boolean {
  const folder = path.endsWith("/") ? path : `${path}/`;
  return (name) => name.startsWith(folder) && (recursive || !name.slice(folder.length).includes("/"));
}

/** Parameters that pass all filters. @throws AwsError for a filter that AWS does not have */
export function filtered(parameters: Parameter[], filters: readonly ParameterStringFilter[] | undefined): Parameter[] {
  return (filters ?? []).reduce((left, filter) => left.filter(test(filter)), parameters);
}

function test({ Key = "", Option, Values = [] }: ParameterStringFilter): (parameter: Parameter) => boolean {
  const refuse = () =>
    new AwsError("InvalidFilterOption", `The filter option ${Option} isn't valid for the key ${Key}.`);
  if (Key.startsWith("tag:")) {
    const key = Key.slice("tag:".length);
    return ({ Tags }) =>
      Tags.some((tag) => tag.Key === key && (Values.length === 0 || Values.includes(tag.Value ?? "")));
  }
  switch (Key) {
    case "Name": {
      const compare = {
        Equals: (name: string, value: string) => name === value,
        BeginsWith: (name: string, value: string) => name.startsWith(value),
        Contains: (name: string, value: string) => name.includes(value),
      }[Option ?? "Equals"];
      if (!compare) throw refuse();
      return ({ Name }) => Values.some((value) => compare(Name, value));
    }
    case "Path": {
      if (Option !== undefined && Option !== "Recursive" && Option !== "OneLevel") throw refuse();
      return ({ Name }) => Values.some((value) => isBelow(value, Option === "Recursive")(Name));
    }
    case "Type":
      return ({ Type }) => Values.includes(Type);
    case "Tier":
      return ({ Tier }) => Values.includes(Tier);
    case "DataType":
      return ({ DataType }) => Values.includes(DataType);
    default:
      throw new AwsError("InvalidFilterKey", `The specified key isn't valid: ${Key}`);
  }
}
