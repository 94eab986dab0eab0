import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import { STACK_TAG, type Tags } from "../../aws/tags.ts";
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

/** Whether it is the marker of this very task. */
export function isMarkerOf(marker: ResourceRecordSet, ownership: Tags): boolean {
  return markedBy(marker) !== undefined && marker.ResourceRecords?.[0]?.Value === textOf(ownership);
}

/** Our stack's records in a zone with their markers: those whose marker says so. */
export function markedRecords(records: readonly ResourceRecordSet[], stack: string): ResourceRecordSet[] {
  return records.flatMap((marker) => {
    const marked = markedBy(marker);
    if (!marked || tagsOfMarker(marker)[STACK_TAG] !== stack) return [];
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
