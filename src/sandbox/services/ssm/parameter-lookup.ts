import type { ParameterStringFilter } from "@aws-sdk/client-ssm";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { entry } from "../../world/entry.ts";
import type { Parameter } from "../../world/records.ts";

/** Compares by name. */
export function byName(one: Parameter, other: Parameter): number {
  return one.Name < other.Name ? -1 : 1;
}

/** Whether a name is in a folder, or in one of those below it. */
export function isBelow(path: string, recursive: boolean): (name: string) => boolean {
  const folder = path.endsWith("/") ? path : `${path}/`;
  return (name) => name.startsWith(folder) && (recursive || !name.slice(folder.length).includes("/"));
}

/** Parameters that pass all filters. */
export function filtered(parameters: Parameter[], filters: readonly ParameterStringFilter[] | undefined): Parameter[] {
  return (filters ?? []).reduce((left, filter) => left.filter(test(filter)), parameters);
}

const COMPARISONS: Readonly<Record<string, (name: string, value: string) => boolean>> = {
  Equals: (name, value) => name === value,
  BeginsWith: (name, value) => name.startsWith(value),
  Contains: (name, value) => name.includes(value),
};

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
      const compare = entry(COMPARISONS, Option ?? "Equals");
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
      throw notEmulated(`the filter ${Key} of parameters`);
  }
}
