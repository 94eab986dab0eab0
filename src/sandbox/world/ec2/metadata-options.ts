import type {
  InstanceMetadataOptionsRequest,
  InstanceMetadataOptionsResponse,
  ModifyInstanceMetadataOptionsRequest,
} from "@aws-sdk/client-ec2";
import { honouring, invalidValue } from "./refusals.ts";

const MOST_HOPS = 64;
const MEMBERS = ["HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "HttpProtocolIpv6", "InstanceMetadataTags"];

/** Options of the metadata service, with the given ones set. @throws AwsError if AWS would refuse one */
export function metadataOptions(
  given: InstanceMetadataOptionsRequest | Omit<ModifyInstanceMetadataOptionsRequest, "InstanceId"> | undefined,
  present: InstanceMetadataOptionsResponse | undefined = {},
): InstanceMetadataOptionsResponse {
  honouring(given, MEMBERS, "MetadataOptions");
  const hops = given?.HttpPutResponseHopLimit;
  if (hops !== undefined && (hops < 1 || hops > MOST_HOPS)) {
    throw invalidValue(
      `Value (${hops}) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and ${MOST_HOPS}.`,
    );
  }
  checkOneOf("HttpTokens", given?.HttpTokens, ["optional", "required"]);
  checkOneOf("HttpEndpoint", given?.HttpEndpoint, ["enabled", "disabled"]);
  return {
    State: "applied",
    HttpTokens: given?.HttpTokens ?? present.HttpTokens ?? "optional",
    HttpPutResponseHopLimit: hops ?? present.HttpPutResponseHopLimit ?? 1,
    HttpEndpoint: given?.HttpEndpoint ?? present.HttpEndpoint ?? "enabled",
    HttpProtocolIpv6: given?.HttpProtocolIpv6 ?? present.HttpProtocolIpv6 ?? "disabled",
    InstanceMetadataTags: given?.InstanceMetadataTags ?? present.InstanceMetadataTags ?? "disabled",
  };
}

function checkOneOf(name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value)) throw invalidValue(`Invalid value '${value}' for ${name}.`);
}
