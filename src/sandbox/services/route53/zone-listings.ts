import { notEmulated } from "../../wire/service.ts";
import { type HostedZone, withoutPrefix } from "../../world/records.ts";
import type { World } from "../../world/world.ts";
import { MOST_ZONES, zoneShape } from "./hosted-zones.ts";
import { compareNames, compareText, normalName } from "./names.ts";
import { invalidInput, itemsInPage, type Route53Operations } from "./operation.ts";

const MOST_ITEMS = 100;

/** Hosted zones, listed and counted. */
export function zoneListingOperations(world: World): Route53Operations {
  const { hostedZones } = world.route53;

  /** A page that begins with the first zone for which `isPast` is true; the zone after it. */
  function page(zones: HostedZone[], isPast: (zone: HostedZone) => boolean, MaxItems: number | undefined) {
    const first = zones.findIndex(isPast);
    const rest = first < 0 ? [] : zones.slice(first);
    const size = itemsInPage(MaxItems, world.pageSize, MOST_ITEMS);
    const next = rest[size];
    const HostedZones = rest.slice(0, size).map((zone) => zoneShape(world, zone));
    return { HostedZones, IsTruncated: next !== undefined, MaxItems: size, next };
  }

  return {
    ListHostedZones: {
      accepts: ["Marker", "MaxItems"],
      handle({ Marker, MaxItems }) {
        const zones = hostedZones.all().sort(byId);
        const isPast = ({ Id }: HostedZone) => Marker === undefined || withoutPrefix(Id) >= withoutPrefix(Marker);
        const { next, ...rest } = page(zones, isPast, MaxItems);
        return {
          ...rest,
          Marker,
          ...(next && { NextMarker: withoutPrefix(next.Id) }),
        };
      },
    },

    // A cursor, not a filter: what comes after the name in the alphabet is answered as well.
    ListHostedZonesByName: {
      accepts: ["DNSName", "HostedZoneId", "MaxItems"],
      handle({ DNSName, HostedZoneId, MaxItems }) {
        if (HostedZoneId !== undefined && DNSName === undefined) {
          throw invalidInput("A hosted zone ID can only be given together with a DNS name.");
        }
        const from = DNSName === undefined ? undefined : normalName(DNSName);
        if (DNSName !== undefined && from === undefined) throw invalidInput(`The domain name ${DNSName} is not valid.`);
        const fromId = withoutPrefix(HostedZoneId ?? "");
        const zones = hostedZones.all().sort((one, other) => compareNames(one.Name, other.Name) || byId(one, other));
        const isPast = ({ Name, Id }: HostedZone) => {
          if (from === undefined) return true;
          const order = compareNames(Name, from);
          return order > 0 || (order === 0 && withoutPrefix(Id) >= fromId);
        };
        const { next, ...rest } = page(zones, isPast, MaxItems);
        return {
          ...rest,
          ...(DNSName !== undefined && { DNSName }),
          ...(HostedZoneId !== undefined && { HostedZoneId }),
          ...(next && { NextDNSName: next.Name, NextHostedZoneId: withoutPrefix(next.Id) }),
        };
      },
    },

    GetHostedZoneCount: {
      accepts: [],
      handle: () => ({ HostedZoneCount: hostedZones.all().length }),
    },

    GetAccountLimit: {
      accepts: ["Type"],
      handle({ Type }) {
        if (Type !== "MAX_HOSTED_ZONES_BY_OWNER") throw notEmulated(`the account limit ${Type}`);
        return { Limit: { Type, Value: MOST_ZONES }, Count: hostedZones.all().length };
      },
    },
  };
}

function byId({ Id: one }: HostedZone, { Id: other }: HostedZone): number {
  return compareText(one, other);
}
