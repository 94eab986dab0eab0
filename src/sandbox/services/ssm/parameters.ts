import { AwsError, notKnown } from "../../wire/service.ts";
import { lookUp, parameterNamed, publicParameters, shownValue } from "../../world/parameters.ts";
import type { World } from "../../world/world.ts";
import { paged, type SsmOperations, validation } from "./operation.ts";
import { filtered } from "./parameter-filters.ts";
import { byName, isBelow } from "./parameter-lookup.ts";
import { metadataShape, valueShape } from "./parameter-shapes.ts";
import { checkName, written } from "./put-parameter.ts";

function isAwsOwn(name: string): boolean {
  return /^\/aws(?:\/|$)/.test(name);
}

/** The refusal of a parameter that is not there. */
function missing(name: string): AwsError {
  if (isAwsOwn(name)) return notKnown(`the public parameter ${name}`);
  return new AwsError("ParameterNotFound", `Parameter ${name} not found.`);
}

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
        const present = parameterNamed(region, Name);
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
        if (!found) throw missing(Name);
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
        const found = [...new Set(Names)].map((asked) => ({ asked, found: lookUp(region, world.account, asked) }));
        const unknown = found.find(({ asked, found: one }) => !one && isAwsOwn(asked));
        if (unknown) throw missing(unknown.asked);
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
        const all = isAwsOwn(Path) ? publicParameters(region) : region.ssm.parameters.all();
        const those = all.filter(({ Name }) => below(Name));
        if (those.length === 0 && isAwsOwn(Path)) throw notKnown(`public parameters below ${Path}`);
        const found = filtered(those, ParameterFilters, "GetParametersByPath").sort(byName);
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
        const parameter = parameterNamed(region, input.Name ?? "");
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
        const all = region.ssm.parameters.all();
        const found = filtered(all, input.ParameterFilters, "DescribeParameters").sort(byName);
        const { items, ...rest } = paged(found, input, { usual: world.pageSize, most: 50 });
        return { Parameters: items.map((parameter) => metadataShape(region, parameter, account)), ...rest };
      },
    },

    DeleteParameter: {
      accepts: ["Name"],
      handle({ Name = "" }, { region: name }) {
        const region = world.region(name);
        const parameter = parameterNamed(region, Name);
        if (!parameter) throw new AwsError("ParameterNotFound", `Parameter ${Name} not found.`);
        region.ssm.parameters.delete(parameter.Name);
        return {};
      },
    },

    DeleteParameters: {
      accepts: ["Names"],
      handle({ Names = [] }, { region: name }) {
        const region = world.region(name);
        const found = Names.map((asked) => ({ asked, parameter: parameterNamed(region, asked) }));
        for (const { parameter } of found) if (parameter) region.ssm.parameters.delete(parameter.Name);
        return {
          DeletedParameters: found.filter(({ parameter }) => parameter).map(({ asked }) => asked),
          InvalidParameters: found.filter(({ parameter }) => !parameter).map(({ asked }) => asked),
        };
      },
    },
  };
}
