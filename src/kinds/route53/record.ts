import type { ResourceRecordSet, RRType } from "@aws-sdk/client-route-53";
import type { Aws } from "../../aws/clients.ts";
import type { Tags } from "../../aws/tags.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind, Seconds } from "../../engine/task.ts";
import { isMarkerOf, markedBy, markerFor, markerOf, tagsOfMarker } from "./marker.ts";
import { absoluteName, changeRecords, plainName, recordsOf } from "./zone-records.ts";

/** A record of a public hosted zone. */
export type RecordDesired = {
  /** Without prefix. */
  readonly zoneId: string;
  /** With or without the dot at its end, e.g. `www.example.com.br`. Cannot be changed. */
  readonly name: string;
  /** Cannot be changed. */
  readonly type: "A" | "AAAA" | "CNAME" | "TXT" | "MX";
} & (RecordValues | RecordAlias);

/** What the record says. */
interface RecordValues {
  readonly ttl: Seconds;
  /** As Route 53 writes them: a TXT value stands in quotation marks. */
  readonly values: readonly string[];
}

/** What the record stands for: a load balancer, or another record of the zone. Queries of an alias cost nothing. */
interface RecordAlias {
  readonly alias: {
    /** Of the target: a load balancer's canonical one. */
    readonly hostedZoneId: string;
    readonly dnsName: string;
  };
}

/** A record as Route 53 has it. */
export interface DnsRecord {
  readonly zoneId: string;
  readonly name: string;
  readonly type: string;
  /** Absent: someone deleted it, and only our marker is left. */
  readonly record?: ResourceRecordSet;
  /** Absent: the record is not ours. */
  readonly marker?: ResourceRecordSet;
  readonly tags: Tags;
}

/**
 * A record in a zone that may be full of other people's. It is ours if a TXT record beside it says so (`marker.ts`), and it is
 * found by that one first: also when its name, which may come from a certificate, is not known any more.
 *
 * It counts as ready when Route 53 lists it. Its name servers follow within a minute, and a listing does not say when; what
 * needs that to have happened looks by itself, as ACM does.
 */
export const record: Kind<RecordDesired, DnsRecord, Aws> = {
  type: "route53.record",
  global: true,
  async find(aws, desired) {
    const { zoneId } = desired;
    const records = await recordsOf(aws, zoneId);
    if (!records) return undefined;
    const own = records.find((one) => isMarkerOf(one, aws.ownership));
    const { name, type } = (own && markedBy(own)) ?? { name: absoluteName(desired.name), type: desired.type };
    const found = records.find(({ Name, Type }) => Name === name && Type === type);
    const marker = markerOf(records, name, type);
    if (!found && !marker) return undefined;
    return {
      zoneId,
      name,
      type,
      ...(found && { record: found }),
      ...(marker && { marker }),
      tags: tagsOfMarker(marker),
    };
  },
  diff(desired, actual) {
    const fixed: Change[] = [
      { field: "name", from: plainName(actual.name), to: plainName(absoluteName(desired.name)) },
      { field: "type", from: actual.type, to: desired.type },
    ];
    const replaced = fixed.filter(({ from, to }) => from !== to);
    if (replaced.length > 0) return replaced.map((change) => ({ ...change, needsReplacement: true }));
    const wanted = contentOf(toAws(desired));
    if (!actual.record) return [{ field: "record", to: wanted.value }];
    const there = contentOf(actual.record);
    return FIELDS.filter((field) => wanted[field] !== there[field]).map((field) => ({
      field,
      from: there[field],
      to: wanted[field],
    }));
  },
  create: (aws, desired) => write(aws, desired),
  update: (aws, desired) => write(aws, desired),
  async remove(aws, { zoneId, record: found, marker }) {
    // Route 53 deletes what is named exactly as it is, so what was just read is sent back.
    const gone = [found, marker].filter((one) => one !== undefined);
    await changeRecords(
      aws,
      zoneId,
      gone.map((one) => ["DELETE", one]),
    );
  },
  outlives: ["elbv2.load-balancer"],
  tags: ({ tags }) => tags,
  adopt: (aws, { zoneId, name, type }, tags) => changeRecords(aws, zoneId, [["UPSERT", markerFor(name, type, tags)]]),
  describe: ({ record: found }) => (found ? `${found.Type} ${contentOf(found).value}` : "deleted by someone"),
  goneAtOnce: true,
  limits: { usually: 1, ready: 120, gone: 120 },
};

const FIELDS = ["value", "ttl"] as const;

/** With its marker, in one batch. */
function write(aws: Aws, desired: RecordDesired): Promise<void> {
  return changeRecords(aws, desired.zoneId, [
    ["UPSERT", toAws(desired)],
    ["UPSERT", markerFor(desired.name, desired.type, aws.ownership)],
  ]);
}

function toAws(desired: RecordDesired): ResourceRecordSet {
  const key = { Name: absoluteName(desired.name), Type: desired.type as RRType };
  if (!("alias" in desired)) {
    return { ...key, TTL: desired.ttl, ResourceRecords: desired.values.map((Value) => ({ Value })) };
  }
  const { hostedZoneId: HostedZoneId, dnsName: DNSName } = desired.alias;
  // There is one target only, so its health decides nothing.
  return { ...key, AliasTarget: { HostedZoneId, DNSName, EvaluateTargetHealth: false } };
}

/** What a record says, in a form that can be compared and shown. */
function contentOf({ Type, TTL, ResourceRecords = [], AliasTarget }: ResourceRecordSet) {
  if (AliasTarget) {
    const target = plainName(absoluteName(AliasTarget.DNSName ?? ""));
    return { value: `alias of ${target} in zone ${AliasTarget.HostedZoneId}`, ttl: "that of its target" };
  }
  const isName = Type === "CNAME";
  const values = ResourceRecords.map(({ Value = "" }) => (isName ? plainName(absoluteName(Value)) : Value));
  return { value: values.sort().join(" "), ttl: `${TTL} s` };
}
