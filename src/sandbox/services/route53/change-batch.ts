import type { AliasTarget, Change, ResourceRecordSet as RecordSetShape } from "@aws-sdk/client-route-53";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { type HostedZone, type ResourceRecordSet, withoutPrefix } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { recordsOf } from "./hosted-zones.ts";
import { isWithin, normalName } from "./names.ts";
import { invalidInput } from "./operation.ts";
import { valueProblems } from "./record-values.ts";

/** Resource records of a batch; those of an UPSERT count twice (Route 53 quotas). */
const MOST_RECORDS = 1000;
const LONGEST_TTL = 2 ** 31 - 1;
const HONOURED = ["Name", "Type", "TTL", "ResourceRecords", "AliasTarget"];

type RecordSet = Omit<ResourceRecordSet, "hidden">;

/** One change, with its record set as Route 53 keeps it. */
interface Wanted {
  readonly action: "CREATE" | "DELETE" | "UPSERT";
  readonly record: RecordSet;
}

/**
 * What a batch makes of a zone. All of it or nothing.
 *
 * @throws AwsError with everything that is wrong with the batch
 */
export function changed(world: World, zone: HostedZone, changes: readonly Change[]) {
  if (changes.length === 0) throw invalidInput("The change batch has no changes.");
  const wanted = changes.map((change) => read(change));
  const before = new Map(recordsOf(world, withoutPrefix(zone.Id)).map((record) => [keyOf(record), record]));
  const after = new Map<string, RecordSet>(before);
  const problems = [
    ...tooMany(wanted),
    ...wanted.flatMap(({ record }) => misplaced(record, zone)),
    ...wanted.flatMap((change) => apply(change, after)),
    ...wanted.flatMap(({ action, record }) => (action === "DELETE" ? [] : conflicts(record, after, zone, world))),
    ...missingOwn(after, zone),
  ];
  if (problems.length > 0) throw new AwsError("InvalidChangeBatch", `[${[...new Set(problems)].join(", ")}]`);
  const touched = new Set(wanted.map(({ record }) => keyOf(record)));
  return {
    put: [...after.values()].filter((record) => touched.has(keyOf(record))),
    gone: [...before.values()].filter((record) => !after.has(keyOf(record))),
  };
}

/** @throws AwsError for a record set that is no record set, whatever the zone */
function read({ Action, ResourceRecordSet: record }: Change): Wanted {
  if (Action !== "CREATE" && Action !== "DELETE" && Action !== "UPSERT") {
    throw invalidInput(`Invalid XML ; the value '${Action}' of Action is not in [CREATE, DELETE, UPSERT]`);
  }
  for (const [member, value] of Object.entries(record ?? {})) {
    if (value !== undefined && !HONOURED.includes(member))
      throw notEmulated(`the parameter ResourceRecordSet.${member}`);
  }
  const {
    Name: asked = "",
    Type = "A",
    TTL,
    ResourceRecords = [],
    AliasTarget,
  } = record ?? ({} as Partial<RecordSetShape>);
  const Name = normalName(asked);
  if (Name === undefined) {
    throw new AwsError("InvalidChangeBatch", `[FATAL problem: DomainNameInvalid encountered with '${asked}']`);
  }
  const found = [AliasTarget && "AliasTarget", (TTL !== undefined || ResourceRecords.length > 0) && "TTL"].filter(
    Boolean,
  );
  const whole = AliasTarget !== undefined || (TTL !== undefined && ResourceRecords.length > 0);
  if (found.length !== 1 || !whole) {
    const many = found.length > 1 ? "more than one" : "none";
    throw invalidInput(
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found ${many} in Change with [Action=${Action}, Name=${asked}, Type=${Type}, SetIdentifier=null]`,
    );
  }
  if (AliasTarget) return { action: Action, record: { Name, Type, AliasTarget: normalTarget(AliasTarget) } };
  if (TTL === undefined || !Number.isInteger(TTL) || TTL < 0 || TTL > LONGEST_TTL) {
    throw invalidInput(`The TTL ${TTL} of ${Name} is not between 0 and ${LONGEST_TTL}.`);
  }
  return { action: Action, record: { Name, Type, TTL, ResourceRecords } };
}

function normalTarget({ HostedZoneId = "", DNSName = "", EvaluateTargetHealth }: AliasTarget): AliasTarget {
  return { HostedZoneId: withoutPrefix(HostedZoneId), DNSName: normalName(DNSName) ?? DNSName, EvaluateTargetHealth };
}

function tooMany(wanted: readonly Wanted[]): string[] {
  const count = wanted.reduce(
    (sum, { action, record }) => sum + (record.ResourceRecords?.length ?? 1) * (action === "UPSERT" ? 2 : 1),
    0,
  );
  return count > MOST_RECORDS ? [`Number of records limit of ${MOST_RECORDS} exceeded.`] : [];
}

function misplaced({ Name, Type }: RecordSet, zone: HostedZone): string[] {
  if (!isWithin(Name, zone.Name)) return [`RRSet with DNS name ${Name} is not permitted in zone ${zone.Name}`];
  if (Name !== zone.Name || Type !== "CNAME") return [];
  return [`RRSet of type CNAME with DNS name ${Name} is not permitted at apex in zone ${zone.Name}`];
}

/** Applies one change; answers why it cannot be. */
function apply({ action, record }: Wanted, records: Map<string, RecordSet>): string[] {
  const named = `resource record set [name='${record.Name}', type='${record.Type}']`;
  const there = records.get(keyOf(record));
  if (action === "DELETE") {
    if (!there) return [`Tried to delete ${named} but it was not found`];
    if (!isSame(there, record)) {
      return [`Tried to delete ${named} but the values provided do not match the current values`];
    }
    records.delete(keyOf(record));
    return [];
  }
  if (action === "CREATE" && there) return [`Tried to create ${named} but it already exists`];
  records.set(keyOf(record), record);
  return valueProblems(record);
}

/** Exact but for the order of the values. */
function isSame(one: RecordSet, other: RecordSet): boolean {
  const values = ({ ResourceRecords }: RecordSet) => (ResourceRecords ?? []).map(({ Value }) => Value).sort();
  const content = (record: RecordSet) => {
    const { HostedZoneId, DNSName, EvaluateTargetHealth } = record.AliasTarget ?? {};
    return JSON.stringify([record.TTL, values(record), HostedZoneId, DNSName, EvaluateTargetHealth]);
  };
  return content(one) === content(other);
}

function conflicts(
  record: RecordSet,
  records: ReadonlyMap<string, RecordSet>,
  zone: HostedZone,
  world: World,
): string[] {
  const { Name, Type } = record;
  if (misplaced(record, zone).length > 0) return [];
  const others = [...records.values()].filter((other) => other.Name === Name && other.Type !== Type);
  const conflict = Type === "CNAME" ? others.length > 0 : others.some((other) => other.Type === "CNAME");
  if (conflict) {
    return [
      `RRSet of type ${Type} with DNS name ${Name} is not permitted as it conflicts with other records with the same DNS name in zone ${zone.Name}`,
    ];
  }
  return record.AliasTarget ? aliasProblems(record, record.AliasTarget, records, zone, world) : [];
}

/** An alias leads to a record of the same zone, or to a load balancer. */
function aliasProblems(
  { Name, Type }: RecordSet,
  { HostedZoneId, DNSName = "" }: AliasTarget,
  records: ReadonlyMap<string, RecordSet>,
  zone: HostedZone,
  world: World,
): string[] {
  const tried = `Tried to create an alias that targets ${DNSName}, type ${Type} in zone ${HostedZoneId}, but`;
  if (HostedZoneId === withoutPrefix(zone.Id)) {
    if (!isWithin(DNSName, zone.Name)) return [`${tried} the alias target name does not lie within the target zone`];
    const isThere = DNSName !== Name && records.has(keyOf({ Name: DNSName, Type }));
    return isThere ? [] : [`${tried} that target was not found`];
  }
  const isBalancer = world.regions().some(({ elbv2 }) =>
    elbv2.loadBalancers.find((balancer) => {
      const name = normalName(balancer.DNSName);
      return balancer.CanonicalHostedZoneId === HostedZoneId && (DNSName === name || DNSName === `dualstack.${name}`);
    }),
  );
  return isBalancer && (Type === "A" || Type === "AAAA") ? [] : [`${tried} that target was not found`];
}

function missingOwn(records: ReadonlyMap<string, RecordSet>, { Name }: HostedZone): string[] {
  const problems: string[] = [];
  if (!records.has(keyOf({ Name, Type: "SOA" }))) problems.push("A HostedZone must contain exactly one SOA record.");
  if (!records.has(keyOf({ Name, Type: "NS" }))) {
    problems.push("A HostedZone must contain at least one NS record for the zone itself.");
  }
  return problems;
}

function keyOf({ Name, Type }: { Name: string; Type: string }): string {
  return `${Name} ${Type}`;
}
