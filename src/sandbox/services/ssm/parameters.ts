import { AwsError } from "../../wire/service.ts";
import { lookUp, publicParameters, shownValue } from "../../world/parameters.ts";
import type { World } from "../../world/world.ts";
import { paged, type SsmOperations, validation } from "./operation.ts";
import { byName, filtered, isBelow } from "./parameter-lookup.ts";
import { metadataShape, valueShape } from "./parameter-shapes.ts";
import { checkName, written } from "./put-parameter.ts";

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
