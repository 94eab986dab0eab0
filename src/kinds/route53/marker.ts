import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { REGION_TAG, STACK_TAG, type Tags } from "../../aws/tags.ts";
import { absoluteName } from "./zone-records.ts";

/*
 * Records carry no tags. Whose a record is therefore stands in a second one: a TXT record below its name, written and deleted
 * in the same batch, so that neither is ever there without the other having been. It is how external-dns does it.
 */

const LABEL = /^_bia-infra-([a-z]+)\.(.+)$/;
const TTL = 300;

/** The TXT record that says with which tags a record belongs to us. */
export function markerFor(name: string, type: string, tags: Tags): ResourceRecordSet {
  return { Name: markerName(name, type), Type: "TXT", TTL, ResourceRecords: [{ Value: textOf(tags) }] };
}

/** The record that a marker speaks of; undefined: it is no marker. */
export function markedBy({ Name = "", Type }: ResourceRecordSet): { name: string; type: string } | undefined {
  const [, type = "", name = ""] = (Type === "TXT" && LABEL.exec(Name)) || [];
  return name === "" ? undefined : { name, type: type.toUpperCase() };
}

/** The marker of a record among those of its zone. */
export function markerOf(
  records: readonly ResourceRecordSet[],
  name: string,
  type: string,
): ResourceRecordSet | undefined {
  const wanted = markerName(name, type);
  return records.find(({ Name, Type }) => Name === wanted && Type === "TXT");
}

/** The tags that a marker stands for. */
export function tagsOfMarker(marker: ResourceRecordSet | undefined): Tags {
  const text = marker?.ResourceRecords?.[0]?.Value ?? "";
  const pairs = text.replace(/^"|"$/g, "").split(",");
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const [key = "", value] = pair.split("=");
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** Whether it is the marker of this very task. Older versions wrote no region. */
export function isMarkerOf(marker: ResourceRecordSet, ownership: Tags): boolean {
  if (markedBy(marker) === undefined) return false;
  const there = tagsOfMarker(marker);
  return Object.entries(ownership).every(([key, value]) => {
    return key === REGION_TAG ? (there[key] ?? value) === value : there[key] === value;
  });
}

/** Our stack's records in a zone with their markers: those whose marker says so, and no other region. */
export function markedRecords(
  records: readonly ResourceRecordSet[],
  { stack, region }: { readonly stack: string; readonly region: string },
): ResourceRecordSet[] {
  return records.flatMap((marker) => {
    const marked = markedBy(marker);
    const tags = tagsOfMarker(marker);
    if (!marked || tags[STACK_TAG] !== stack || (tags[REGION_TAG] ?? region) !== region) return [];
    const record = records.find(({ Name, Type }) => Name === marked.name && Type === marked.type);
    return record ? [record, marker] : [marker];
  });
}

function markerName(name: string, type: string): string {
  return `_bia-infra-${type.toLowerCase()}.${absoluteName(name)}`;
}

function textOf(tags: Tags): string {
  const pairs = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return `"${pairs.sort().join(",")}"`;
}
