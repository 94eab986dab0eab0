import { change } from "../../engine/change.ts";
import type { Change } from "../../engine/event.ts";

/** Attributes of a load balancer or a target group by key, e.g. `deregistration_delay.timeout_seconds`. */
export type Attributes = Readonly<Record<string, string>>;

/** Attributes as the SDK gives them. */
export function fromAttributeList(
  list: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Attributes {
  return Object.fromEntries((list ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** How the wanted attributes differ from those that are there; the others are left as they are. */
export function attributeChanges(wanted: Attributes, actual: Attributes): Change[] {
  return Object.entries(wanted).flatMap(([key, value]) => change(key, actual[key], value));
}

/** The attributes among `wanted` that `changes` speak of, as the SDK takes them. */
export function attributesToWrite(wanted: Attributes, changes: readonly Change[]): { Key: string; Value: string }[] {
  const fields = new Set(changes.map(({ field }) => field));
  return Object.entries(wanted)
    .filter(([key]) => fields.has(key))
    .map(([Key, Value]) => ({ Key, Value }));
}
