import type { ResourceRecordSet as RecordSetShape } from "@aws-sdk/client-route-53";
import { AwsError } from "../../wire/service.ts";
import { type ResourceRecordSet, withoutPrefix } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { changed } from "./change-batch.ts";
import { recordsOf } from "./hosted-zones.ts";
import { compareNames, compareText, normalName } from "./names.ts";
import { invalidInput, itemsInPage, newChange, type Route53Operations, zoneOf, zoneToChange } from "./operation.ts";

const MOST_ITEMS = 300;

/** What hosted zones hold. */
export function recordSetOperations(world: World): Route53Operations {
  return {
    ChangeResourceRecordSets: {
      accepts: ["HostedZoneId", "ChangeBatch"],
      handle({ HostedZoneId, ChangeBatch }) {
        const zone = zoneToChange(world, HostedZoneId);
        const zoneId = withoutPrefix(zone.Id);
        const { put, gone } = changed(world, zone, ChangeBatch?.Changes ?? []);
        const change = newChange(world, ChangeBatch?.Comment);
        const hidden = { zoneId, changeId: withoutPrefix(change.Id) };
        for (const { Name, Type } of gone) world.route53.recordSets.delete(`${zoneId} ${Name} ${Type}`);
        for (const record of put) world.route53.recordSets.put({ ...record, hidden });
        return { ChangeInfo: change };
      },
    },

    ListResourceRecordSets: {
      accepts: ["HostedZoneId", "StartRecordName", "StartRecordType", "MaxItems"],
      handle({ HostedZoneId, StartRecordName, StartRecordType, MaxItems }) {
        const zone = zoneOf(world, HostedZoneId);
        if (StartRecordType !== undefined && StartRecordName === undefined) {
          throw invalidInput("The input is not valid: a start record type needs a start record name.");
        }
        const from = StartRecordName === undefined ? undefined : normalName(StartRecordName);
        if (StartRecordName !== undefined && from === undefined) {
          throw invalidInput(`The start record name ${StartRecordName} is not valid.`);
        }
        const records = recordsOf(world, withoutPrefix(zone.Id)).sort(inOrder);
        const start = { Name: from ?? "", Type: StartRecordType ?? "" };
        const rest = from === undefined ? records : records.filter((record) => inOrder(record, start) >= 0);
        const size = itemsInPage(MaxItems, world.pageSize, MOST_ITEMS);
        const next = rest[size];
        return {
          ResourceRecordSets: rest.slice(0, size).map(recordShape),
          IsTruncated: next !== undefined,
          MaxItems: size,
          ...(next && { NextRecordName: next.Name, NextRecordType: next.Type }),
        };
      },
    },

    GetChange: {
      accepts: ["Id"],
      handle({ Id }) {
        const id = withoutPrefix(Id ?? "");
        const change = world.route53.changes.get(id);
        if (!change) throw new AwsError("NoSuchChange", `Could not find resource with ID: ${id}`);
        return { ChangeInfo: change };
      },
    },
  };
}

function recordShape({ hidden: _hidden, ...record }: ResourceRecordSet): RecordSetShape {
  return record;
}

function inOrder(one: { Name: string; Type: string }, other: { Name: string; Type: string }): number {
  return compareNames(one.Name, other.Name) || compareText(one.Type, other.Type);
}
