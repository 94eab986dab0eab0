import { createHash } from "node:crypto";
import { imageParameters } from "./catalogue/images.ts";
import type { Parameter, ParameterVersion } from "./records.ts";
import type { Region } from "./world.ts";

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
  const [name = "", selector = ""] = (asked.startsWith(prefix) ? asked.slice(prefix.length) : asked).split(":");
  const parameter = parameterNamed(region, name) ?? publicParameters(region).find(({ Name }) => Name === name);
  if (!parameter) return undefined;
  const version = parameter.versions.find(({ Version }) => String(Version) === selector);
  return { parameter, version: selector === "" ? parameter.versions.at(-1) : version, selector };
}

/** A parameter of the account. Outside all folders a slash before the name means nothing: `x` is `/x` (*seen*). */
export function parameterNamed({ ssm }: Region, name: string): Parameter | undefined {
  const bare = name.replace(/^\//, "");
  const names = bare.includes("/") ? [name] : [bare, `/${bare}`];
  return names.map((one) => ssm.parameters.get(one)).find((one) => one !== undefined);
}

/** A name as it stands in ARNs and is compared. */
export function withSlash(name: string): string {
  return name.startsWith("/") ? name : `/${name}`;
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

/** ARN of a parameter; one that AWS publishes belongs to no account. */
export function parameterArn(region: Region, account: string, name: string): string {
  return `arn:aws:ssm:${region.name}:${account}:parameter${withSlash(name)}`;
}
