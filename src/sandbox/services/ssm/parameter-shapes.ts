import type { ParameterMetadata, Parameter as SsmParameter } from "@aws-sdk/client-ssm";
import { type Found, parameterArn, shownValue } from "../../world/parameters.ts";
import type { Parameter } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";

/** A parameter as GetParameter answers it. */
export function valueShape(
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
    ARN: parameterArn(region, isPublic ? "" : world.account, Name),
    ...(selector !== "" && { Selector: `:${selector}` }),
  };
}

/** A parameter as DescribeParameters answers it: without its value. */
export function metadataShape(region: Region, parameter: Parameter, account: string): ParameterMetadata {
  const { Name, Type, Tier, DataType } = parameter;
  const { Value: _value, ...latest } = parameter.versions.at(-1) ?? { Value: "" };
  return { Name, Type, Tier, DataType, ARN: parameterArn(region, account, Name), Policies: [], ...latest };
}
