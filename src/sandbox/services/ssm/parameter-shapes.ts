import { createHash } from "node:crypto";
import type { ParameterMetadata, Parameter as SsmParameter } from "@aws-sdk/client-ssm";
import type { Parameter, ParameterVersion } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import type { Found } from "./parameter-lookup.ts";

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
    ARN: arnOf(region, isPublic ? "" : world.account, Name),
    ...(selector !== "" && { Selector: `:${selector}` }),
  };
}

/** The value of a secret is only shown to those who ask for decryption. */
export function shownValue(
  { Name, Type }: Parameter,
  { Value, Version }: ParameterVersion,
  decrypted: boolean | undefined,
): string {
  if (Type !== "SecureString" || decrypted) return Value;
  const cipher = createHash("sha512").update(`${Name} ${Version} ${Value}`).digest("base64");
  return `AQICAHh${cipher}`;
}

/** A parameter as DescribeParameters answers it: without its value. */
export function metadataShape(region: Region, parameter: Parameter, account: string): ParameterMetadata {
  const { Name, Type, Tier, DataType } = parameter;
  const { Value: _value, ...latest } = parameter.versions.at(-1) ?? { Value: "" };
  return { Name, Type, Tier, DataType, ARN: arnOf(region, account, Name), Policies: [], ...latest };
}

function arnOf(region: Region, account: string, name: string): string {
  return `arn:aws:ssm:${region.name}:${account}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
}
