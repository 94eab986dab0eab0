import {
  type Change,
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
  type ListResourceRecordSetsCommandOutput,
  type ResourceRecordSet,
} from "@aws-sdk/client-route-53";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";

/** Everything in a hosted zone: three records or so, read once for all who look. Undefined: there is no such zone. */
export function recordsOf({ route53, shared }: Aws, zoneId: string): Promise<ResourceRecordSet[] | undefined> {
  return shared.read(`records of zone ${zoneId}`, async () => {
    const records: ResourceRecordSet[] = [];
    try {
      for (let from: Partial<ListResourceRecordSetsCommandInput> | undefined = {}; from; ) {
        const command = new ListResourceRecordSetsCommand({ HostedZoneId: zoneId, ...from });
        const page: ListResourceRecordSetsCommandOutput = await route53.send(command);
        records.push(...(page.ResourceRecordSets ?? []));
        const { IsTruncated, NextRecordName, NextRecordType, NextRecordIdentifier } = page;
        // The identifier is there where a page ends between records of one name and type (weighted ones, for example).
        const next = { StartRecordName: NextRecordName, StartRecordType: NextRecordType };
        from = IsTruncated ? { ...next, StartRecordIdentifier: NextRecordIdentifier } : undefined;
      }
    } catch (error) {
      if (isCode(error, "NoSuchHostedZone")) return undefined;
      throw error;
    }
    return records;
  });
}

/**
 * Applies changes to a zone, all of them or none. Zones take one batch at a time and answer `PriorRequestNotComplete` to
 * another one meanwhile, which the SDK asks again like throttling.
 */
export async function changeRecords(
  { route53 }: Aws,
  zoneId: string,
  changes: readonly (readonly [Change["Action"], ResourceRecordSet])[],
): Promise<void> {
  const Changes = changes.map(([Action, ResourceRecordSet]) => ({ Action, ResourceRecordSet }));
  await route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes } }));
}

/** A name as Route 53 answers it: lower case, a trailing dot, `\052` for an asterisk. */
export function absoluteName(name: string): string {
  const lower = name.toLowerCase().replaceAll("*", "\\052");
  return lower.endsWith(".") ? lower : `${lower}.`;
}

/** A name as people write it. */
export function plainName(name: string): string {
  return name.replaceAll("\\052", "*").replace(/\.$/, "");
}
