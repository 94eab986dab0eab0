import { randomInt } from "node:crypto";
import type { HostedZone as ZoneShape } from "@aws-sdk/client-route-53";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { type HostedZone, withoutPrefix } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { normalName } from "./names.ts";
import { invalidInput, newChange, newDnsId, type Route53Operations, zoneOf, zoneToChange } from "./operation.ts";

/** Hosted zones of an account (Route 53 quotas). */
export const MOST_ZONES = 500;
const LONGEST_REFERENCE = 128;
const LONGEST_COMMENT = 256;
/** Top-level domains of the four name servers, in the order of their numbers. */
const SERVER_DOMAINS = ["com", "net", "org", "co.uk"] as const;

/** Making, changing and deleting public hosted zones. */
export function hostedZoneOperations(world: World): Route53Operations {
  const { hostedZones, recordSets, callerReferences } = world.route53;
  return {
    CreateHostedZone: {
      accepts: ["Name", "CallerReference", "HostedZoneConfig"],
      handle({ Name: asked = "", CallerReference = "", HostedZoneConfig = {} }) {
        if (HostedZoneConfig.PrivateZone) throw notEmulated("private hosted zones");
        const Name = zoneName(asked);
        checkReference(CallerReference);
        checkComment(HostedZoneConfig.Comment);
        // A reference is used up for ever, also by a zone that is gone (route53:CreateHostedZone, CallerReference).
        if (callerReferences.get(CallerReference)) {
          throw new AwsError(
            "HostedZoneAlreadyExists",
            `A hosted zone has already been created with the specified caller reference: ${CallerReference}`,
          );
        }
        if (hostedZones.all().length >= MOST_ZONES) {
          throw new AwsError("TooManyHostedZones", `Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER: ${MOST_ZONES}`);
        }
        callerReferences.put({ reference: CallerReference });
        const { Comment } = HostedZoneConfig;
        const zone = hostedZones.put({
          Id: `/hostedzone/${newDnsId("Z")}`,
          Name,
          CallerReference,
          Config: { PrivateZone: false, ...(Comment !== undefined && { Comment }) },
          hidden: {
            nameServers: newNameServers(),
            tags: [],
            visibleAt: world.later("hosted zone visible"),
            madeAt: world.later("hosted zone made"),
          },
        });
        const change = newChange(world);
        putOwnRecords(world, zone, withoutPrefix(change.Id));
        return {
          HostedZone: zoneShape(world, zone),
          ChangeInfo: change,
          DelegationSet: { NameServers: zone.hidden.nameServers },
          Location: `https://route53.amazonaws.com/2013-04-01${zone.Id}`,
        };
      },
    },

    GetHostedZone: {
      accepts: ["Id"],
      handle({ Id }) {
        const zone = zoneOf(world, Id);
        return { HostedZone: zoneShape(world, zone), DelegationSet: { NameServers: zone.hidden.nameServers } };
      },
    },

    UpdateHostedZoneComment: {
      accepts: ["Id", "Comment"],
      handle({ Id, Comment }) {
        const { hidden, ...zone } = zoneToChange(world, Id);
        checkComment(Comment);
        const Config = { PrivateZone: false, ...(Comment !== undefined && { Comment }) };
        return { HostedZone: zoneShape(world, hostedZones.put({ ...zone, Config, hidden })) };
      },
    },

    DeleteHostedZone: {
      accepts: ["Id"],
      handle({ Id }) {
        const zone = zoneToChange(world, Id);
        const zoneId = withoutPrefix(zone.Id);
        const records = recordsOf(world, zoneId);
        if (records.some(({ Name, Type }) => Name !== zone.Name || (Type !== "NS" && Type !== "SOA"))) {
          throw new AwsError(
            "HostedZoneNotEmpty",
            "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
          );
        }
        for (const { Name, Type } of records) recordSets.delete(`${zoneId} ${Name} ${Type}`);
        hostedZones.delete(zoneId);
        return { ChangeInfo: newChange(world) };
      },
    },
  };
}

/** Records of a zone, in no order. */
export function recordsOf(world: World, zoneId: string) {
  return world.route53.recordSets.filter(({ hidden }) => hidden.zoneId === zoneId);
}

/** A zone as Route 53 answers it. */
export function zoneShape(world: World, { hidden: _hidden, ...zone }: HostedZone): ZoneShape {
  return { ...zone, ResourceRecordSetCount: recordsOf(world, withoutPrefix(zone.Id)).length };
}

function zoneName(asked: string): string {
  const name = normalName(asked);
  if (name === undefined || !name.slice(0, -1).includes(".")) {
    throw new AwsError("InvalidDomainName", `The domain name ${asked} is not valid.`);
  }
  return name;
}

function checkReference(reference: string): void {
  if (reference !== "" && reference.length <= LONGEST_REFERENCE) return;
  throw invalidInput(`The caller reference must have 1 to ${LONGEST_REFERENCE} characters.`);
}

function checkComment(comment: string | undefined): void {
  if ((comment ?? "").length > LONGEST_COMMENT) {
    throw invalidInput(`The comment must have at most ${LONGEST_COMMENT} characters.`);
  }
}

/** Four servers whose names lie under different top-level domains, as Route 53 numbers them. */
function newNameServers(): string[] {
  return SERVER_DOMAINS.map((domain, index) => {
    const number = randomInt(512);
    const group = String(Math.floor(number / 8)).padStart(2, "0");
    return `ns-${index * 512 + number}.awsdns-${group}.${domain}`;
  });
}

/** The two record sets without which there is no zone. */
function putOwnRecords(world: World, { Id, Name, hidden: { nameServers } }: HostedZone, changeId: string): void {
  const hidden = { zoneId: withoutPrefix(Id), changeId };
  const servers = nameServers.map((server) => ({ Value: `${server}.` }));
  world.route53.recordSets.put({ Name, Type: "NS", TTL: 172_800, ResourceRecords: servers, hidden });
  const soa = `${nameServers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`;
  world.route53.recordSets.put({ Name, Type: "SOA", TTL: 900, ResourceRecords: [{ Value: soa }], hidden });
}
