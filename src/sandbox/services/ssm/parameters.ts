import { createHash } from "node:crypto";
import type {
  ParameterMetadata,
  ParameterStringFilter,
  PutParameterRequest,
  Parameter as SsmParameter,
} from "@aws-sdk/client-ssm";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { imageParameters } from "../../world/catalogue/images.ts";
import type { Parameter, ParameterVersion } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { paged, type SsmOperations, validation } from "./operation.ts";
import { checkedTags, mergedTags } from "./parameter-tags.ts";

/** Characters of a value by tier. */
const LONGEST_VALUE = { Standard: 4096, Advanced: 8192 } as const;
const LONGEST_NAME = 1011;
const LONGEST_DESCRIPTION = 1024;
const DEEPEST = 15;
const MOST_VERSIONS = 100;
const MOST_NAMES = 10;

/** Parameter Store. */
export function parameterOperations(world: World): SsmOperations {
  return {
    PutParameter: {
      accepts: [
        "Name",
        "Value",
        "Type",
        "Overwrite",
        "Description",
        "Tags",
        "Tier",
        "DataType",
        "KeyId",
        "AllowedPattern",
      ],
      handle(input, { account, region: name }) {
        const region = world.region(name);
        const { Name = "", Overwrite = false } = input;
        checkName(Name);
        const present = region.ssm.parameters.get(Name);
        if (present && !Overwrite) {
          throw new AwsError(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
          );
        }
        const parameter = written(world, present, input, account);
        region.ssm.parameters.put(parameter);
        return { Version: parameter.versions.at(-1)?.Version, Tier: parameter.Tier };
      },
    },

    GetParameter: {
      accepts: ["Name", "WithDecryption"],
      handle({ Name = "", WithDecryption }, { region: name }) {
        const region = world.region(name);
        const found = lookUp(region, world.account, Name);
        if (!found) throw new AwsError("ParameterNotFound", `Parameter ${Name} not found.`);
        if (found.selector && !found.version) {
          throw new AwsError(
            "ParameterVersionNotFound",
            `Systems Manager could not find version ${found.selector} of ${found.parameter.Name}. Verify the version and try again.`,
          );
        }
        return { Parameter: valueShape(world, region, found, WithDecryption) };
      },
    },

    GetParameters: {
      accepts: ["Names", "WithDecryption"],
      handle({ Names = [], WithDecryption }, { region: name }) {
        const region = world.region(name);
        if (Names.length > MOST_NAMES) {
          throw validation(
            `1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length less than or equal to ${MOST_NAMES}`,
          );
        }
        const found = [...new Set(Names)].map((asked) => ({ asked, found: lookUp(region, world.account, asked) }));
        return {
          Parameters: found.flatMap(({ found: one }) =>
            one?.version ? valueShape(world, region, one, WithDecryption) : [],
          ),
          InvalidParameters: found.flatMap(({ asked, found: one }) => (one?.version ? [] : asked)),
        };
      },
    },

    GetParametersByPath: {
      accepts: ["Path", "Recursive", "WithDecryption", "ParameterFilters", "NextToken", "MaxResults"],
      handle(input, { region: name }) {
        const region = world.region(name);
        const { Path = "", Recursive = false, WithDecryption, ParameterFilters } = input;
        if (!Path.startsWith("/")) {
          throw validation(
            'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/".',
          );
        }
        const below = isBelow(Path, Recursive);
        const all = [...region.ssm.parameters.all(), ...publicParameters(region)];
        const found = filtered(
          all.filter(({ Name }) => below(Name)),
          ParameterFilters,
        ).sort(byName);
        const { items, ...rest } = paged(found, input, { usual: world.pageSize, most: 10 });
        const Parameters = items.map((parameter) =>
          valueShape(world, region, { parameter, version: parameter.versions.at(-1), selector: "" }, WithDecryption),
        );
        return { Parameters, ...rest };
      },
    },

    GetParameterHistory: {
      accepts: ["Name", "WithDecryption", "NextToken", "MaxResults"],
      handle(input, { region: name, account }) {
        const region = world.region(name);
        const parameter = region.ssm.parameters.get(input.Name ?? "");
        if (!parameter) throw new AwsError("ParameterNotFound", `Parameter ${input.Name} not found.`);
        const { items, ...rest } = paged(parameter.versions, input, { usual: world.pageSize, most: 50 });
        const Parameters = items.map((version) => ({
          ...version,
          Name: parameter.Name,
          Type: parameter.Type,
          Tier: parameter.Tier,
          DataType: parameter.DataType,
          Value: shownValue(parameter, version, input.WithDecryption),
          LastModifiedUser: `arn:aws:iam::${account}:user/sandbox`,
          Labels: [],
          Policies: [],
        }));
        return { Parameters, ...rest };
      },
    },

    DescribeParameters: {
      accepts: ["ParameterFilters", "NextToken", "MaxResults"],
      handle(input, { region: name, account }) {
        const region = world.region(name);
        const found = filtered(region.ssm.parameters.all(), input.ParameterFilters).sort(byName);
        const { items, ...rest } = paged(found, input, { usual: world.pageSize, most: 50 });
        return { Parameters: items.map((parameter) => metadataShape(region, parameter, account)), ...rest };
      },
    },

    DeleteParameter: {
      accepts: ["Name"],
      handle({ Name = "" }, { region }) {
        const { parameters } = world.region(region).ssm;
        if (!parameters.get(Name)) throw new AwsError("ParameterNotFound", `Parameter ${Name} not found.`);
        parameters.delete(Name);
        return {};
      },
    },

    DeleteParameters: {
      accepts: ["Names"],
      handle({ Names = [] }, { region }) {
        const { parameters } = world.region(region).ssm;
        const DeletedParameters = Names.filter((name) => parameters.get(name));
        for (const name of DeletedParameters) parameters.delete(name);
        return { DeletedParameters, InvalidParameters: Names.filter((name) => !DeletedParameters.includes(name)) };
      },
    },
  };
}

/** A parameter with one version more. @throws AwsError if it cannot be had like this */
function written(world: World, present: Parameter | undefined, input: PutParameterRequest, account: string): Parameter {
  const { Name = "", Value = "", Type = present?.Type, Tags, Overwrite, Description, DataType = "text" } = input;
  const Tier = tierOf(input.Tier ?? present?.Tier);
  if (Tags?.length && Overwrite) {
    throw validation(
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  if (!Type) throw validation("A parameter type is required when you create a parameter.");
  if (!["String", "StringList", "SecureString"].includes(Type)) {
    throw new AwsError("UnsupportedParameterType", `The parameter type ${Type} isn't supported.`);
  }
  if (present && Type !== present.Type) {
    throw new AwsError(
      "HierarchyTypeMismatchException",
      `Parameter Store does not support changing a parameter type in a hierarchy. For example, you can't change a parameter from a ${present.Type} type to a ${Type} type. You must create a new, unique parameter.`,
    );
  }
  if (DataType !== "text") throw notEmulated(`parameters of data type ${DataType}`);
  if (input.KeyId !== undefined && input.KeyId !== "alias/aws/ssm") throw notEmulated("KMS keys of your own");
  checkValue(Value, Tier, input.AllowedPattern);
  if (Description !== undefined && Description.length > LONGEST_DESCRIPTION) {
    throw validation(`The description is longer than ${LONGEST_DESCRIPTION} characters.`);
  }
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
    Name,
    Type,
    Tier,
    DataType,
    Tags: present?.Tags ?? mergedTags([], checkedTags(Tags)),
    versions: [...(present?.versions ?? []), version].slice(-MOST_VERSIONS),
  };
}

function tierOf(tier: string | undefined): "Standard" | "Advanced" {
  return tier === "Advanced" ? "Advanced" : "Standard";
}

function checkName(name: string): void {
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

interface Found {
  readonly parameter: Parameter;
  /** Undefined: the parameter has no such version. */
  readonly version: ParameterVersion | undefined;
  /** What followed the name after a colon. */
  readonly selector: string;
}

/** By name, by name and version (`NAME:3`), or by ARN. */
function lookUp(region: Region, account: string, asked: string): Found | undefined {
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
function publicParameters(region: Region): Parameter[] {
  return [...imageParameters(region.name)].map(([Name, Value]) => ({
    Name,
    Type: "String",
    Tier: "Standard",
    DataType: Value.startsWith("ami-") ? "aws:ec2:image" : "text",
    Tags: [],
    versions: [{ Version: 1, Value, LastModifiedDate: new Date("2026-11-13T06:00:00Z") }],
  }));
}

function valueShape(
  world: World,
  region: Region,
  { parameter, version, selector }: Found,
  decrypted: boolean | undefined,
): SsmParameter {
  const { Name, Type, DataType } = parameter;
  const isPublic = Name.startsWith("/aws/");
  return {
    Name,
    Type,
    DataType,
    Value: version && shownValue(parameter, version, decrypted),
    Version: version?.Version,
    LastModifiedDate: version?.LastModifiedDate,
    ARN: arnOf(region, isPublic ? "" : world.account, Name),
    ...(selector !== "" && { Selector: `:${selector}` }),
  };
}

/** The value of a secret is only shown to those who ask for decryption. */
function shownValue(
  { Name, Type }: Parameter,
  { Value, Version }: ParameterVersion,
  decrypted: boolean | undefined,
): string {
  if (Type !== "SecureString" || decrypted) return Value;
  const cipher = createHash("sha512").update(`${Name} ${Version} ${Value}`).digest("base64");
  return `AQICAHh${cipher}`;
}

function metadataShape(region: Region, parameter: Parameter, account: string): ParameterMetadata {
  const { Name, Type, Tier, DataType } = parameter;
  const { Value: _value, ...latest } = parameter.versions.at(-1) ?? { Value: "" };
  return { Name, Type, Tier, DataType, ARN: arnOf(region, account, Name), Policies: [], ...latest };
}

function arnOf(region: Region, account: string, name: string): string {
  return `arn:aws:ssm:${region.name}:${account}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
}

function byName(one: Parameter, other: Parameter): number {
  return one.Name < other.Name ? -1 : 1;
}

function isBelow(path: string, recursive: boolean): (name: string) => boolean {
  const folder = path.endsWith("/") ? path : `${path}/`;
  return (name) => name.startsWith(folder) && (recursive || !name.slice(folder.length).includes("/"));
}

function filtered(parameters: Parameter[], filters: readonly ParameterStringFilter[] | undefined): Parameter[] {
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
