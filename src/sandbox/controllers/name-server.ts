import type { DnsRecord, DnsReply } from "../plane/dns-server.ts";
import { privateDomain } from "../world/catalogue/zones.ts";
import { databaseDomain } from "../world/database-domain.ts";
import type { HostedZone, ResourceRecordSet } from "../world/records.ts";
import type { World } from "../world/world.ts";
import { plain, recordOf } from "./record-data.ts";

/** Seconds for which an alias and a name of AWS's own hold. (Route 53, "Choosing between alias and non-alias records") */
const AWS_TTL = 60;
/** Links of CNAMEs and aliases that are followed. */
const LONGEST_CHAIN = 8;
/** Where this computer serves what load balancers listen on. */
const BALANCER = "127.0.0.1";

const REFUSED: DnsReply = { status: "REFUSED", answers: [], authorities: [], isAuthoritative: false };

/**
 * What name servers answer: those of the account's public hosted zones, as Route 53's do, and AWS's own for load balancers,
 * databases and instances. The addresses are those of this computer, but for the private names of instances. Names are in
 * lower case and without the last dot here.
 */
export class NameServer {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** @param asked as it was asked for, in any case; @param type e.g. `AAAA` */
  resolve(asked: string, type: string): DnsReply {
    return this.#resolve(asked, asked.toLowerCase().replace(/\.$/, ""), type, LONGEST_CHAIN);
  }

  #resolve(owner: string, name: string, type: string, links: number): DnsReply {
    const zone = this.#zoneOf(name);
    if (!zone) return this.#ofAws(owner, name, type);
    const referral = this.#delegation(zone, name, type);
    if (referral) return { status: "NOERROR", answers: [], authorities: referral, isAuthoritative: false };
    const records = this.#recordsFor(zone, name);
    if (!records) return this.#nothing(zone, "NXDOMAIN");
    const answers = this.#answers(owner, records, type, links);
    return answers.length === 0
      ? this.#nothing(zone, "NOERROR")
      : { status: "NOERROR", answers, authorities: [], isAuthoritative: true };
  }

  #answers(owner: string, records: readonly ResourceRecordSet[], type: string, links: number): DnsRecord[] {
    const wanted = records.filter(({ Type }) => Type === type || type === "ANY");
    if (wanted.length > 0) return wanted.flatMap((record) => this.#valuesOf(owner, record, links));
    const alias = records.find(({ Type }) => Type === "CNAME");
    if (!alias) return [];
    const found = this.#valuesOf(owner, alias, links);
    const target = alias.ResourceRecords?.[0]?.Value;
    if (target === undefined || links === 0) return found;
    return [...found, ...this.#resolve(plain(target), plain(target).toLowerCase(), type, links - 1).answers];
  }

  /** An alias is answered with the values of what it stands for, under its own name. */
  #valuesOf(
    owner: string,
    { Type, TTL = 0, ResourceRecords = [], AliasTarget }: ResourceRecordSet,
    links: number,
  ): DnsRecord[] {
    if (!AliasTarget) return ResourceRecords.map(({ Value = "" }) => recordOf(owner, Type, TTL, Value));
    const target = plain(AliasTarget.DNSName ?? "").toLowerCase();
    return links === 0 ? [] : [...this.#resolve(owner, target, Type, links - 1).answers];
  }

  /** The account's public zone that a name is in: the longest, and of several with one name the oldest. */
  #zoneOf(name: string): HostedZone | undefined {
    const zones = this.#world.route53.hostedZones.filter(
      (zone) => zone.Config?.PrivateZone !== true && isWithin(name, plain(zone.Name)),
    );
    return zones.sort((one, other) => other.Name.length - one.Name.length)[0];
  }

  /** Name servers of the part of the zone that others were given, in which a name is; undefined: it is in none. */
  #delegation(zone: HostedZone, name: string, type: string): DnsRecord[] | undefined {
    const apex = plain(zone.Name);
    const below = ancestors(name).filter((one) => one.length > apex.length && isWithin(one, apex));
    for (const cut of below.reverse()) {
      const [servers] = this.#at(zone, cut).filter(({ Type }) => Type === "NS");
      if (servers && !(cut === name && type === "DS")) return this.#valuesOf(cut, servers, 0);
    }
    return undefined;
  }

  /** Record sets of a name, or those of the wildcard that stands for it; undefined: the zone has no such name. (RFC 4592) */
  #recordsFor(zone: HostedZone, name: string): ResourceRecordSet[] | undefined {
    const all = this.#all(zone);
    const exists = (one: string) => all.some(({ Name }) => isWithin(plain(Name), one));
    const at = (one: string) => all.filter(({ Name }) => plain(Name) === one);
    if (exists(name)) return at(name);
    const closest = ancestors(name).find(exists);
    const wildcard = closest === undefined ? [] : at(`*.${closest}`);
    return wildcard.length > 0 ? wildcard : undefined;
  }

  #at(zone: HostedZone, name: string): ResourceRecordSet[] {
    return this.#all(zone).filter(({ Name }) => plain(Name) === name);
  }

  /** Those whose change has reached the name servers. */
  #all({ Id }: HostedZone): ResourceRecordSet[] {
    const { recordSets, changes } = this.#world.route53;
    return recordSets.filter(
      ({ hidden }) => Id.endsWith(`/${hidden.zoneId}`) && changes.get(hidden.changeId)?.Status === "INSYNC",
    );
  }

  #nothing(zone: HostedZone, status: "NOERROR" | "NXDOMAIN"): DnsReply {
    const apex = plain(zone.Name);
    const soa = this.#at(zone, apex).filter(({ Type }) => Type === "SOA");
    const authorities = soa.flatMap((record) => this.#valuesOf(apex, record, 0));
    return { status, answers: [], authorities, isAuthoritative: true };
  }

  #ofAws(owner: string, name: string, type: string): DnsReply {
    const address = this.#addressOf(name);
    if (address === undefined && !this.#isOfAws(name)) return REFUSED;
    const answers = address !== undefined && (type === "A" || type === "ANY") ? [address] : [];
    return {
      status: address === undefined ? "NXDOMAIN" : "NOERROR",
      answers: answers.map((value) => recordOf(owner, "A", AWS_TTL, value)),
      authorities: [],
      isAuthoritative: true,
    };
  }

  /** Where a name of AWS's own leads to. */
  #addressOf(name: string): string | undefined {
    const own = name.replace(/^dualstack\./, "");
    for (const { elbv2, rds, ec2, name: region } of this.#world.regions()) {
      if (elbv2.loadBalancers.find(({ DNSName }) => DNSName.toLowerCase() === own)) return BALANCER;
      const database = rds.dbInstances.find(({ Endpoint }) => Endpoint?.Address === name);
      if (database) return database.hidden.address;
      const one = ec2.networkInterfaces.find(({ PrivateDnsName }) => PrivateDnsName === name);
      if (one) return one.PrivateIpAddress;
      const address = publicAddressIn(name, region);
      const isHere = ec2.networkInterfaces.find(({ Association }) => Association?.PublicIp === address);
      if (address !== undefined && isHere) return address;
    }
    return undefined;
  }

  /** Whether it is one of those names, if there were such a thing. */
  #isOfAws(name: string): boolean {
    return this.#world
      .regions()
      .flatMap(({ name: region }) => [
        `${region}.elb.amazonaws.com`,
        databaseDomain(this.#world.account, region),
        privateDomain(region),
        publicDomain(region),
      ])
      .some((domain) => isWithin(name, domain));
  }
}

/** The end of public host names: us-east-1 is older than the rule. */
function publicDomain(region: string): string {
  return region === "us-east-1" ? "compute-1.amazonaws.com" : `${region}.compute.amazonaws.com`;
}

/** `127.18.0.9` of `ec2-127-18-0-9.compute-1.amazonaws.com`. */
function publicAddressIn(name: string, region: string): string | undefined {
  const [, digits, domain] = /^ec2-(\d+-\d+-\d+-\d+)\.(.+)$/.exec(name) ?? [];
  return domain === publicDomain(region) ? digits?.replaceAll("-", ".") : undefined;
}

/** The names above a name, the nearest first, and itself before them. */
function ancestors(name: string): string[] {
  const labels = name.split(".");
  return labels.map((_, index) => labels.slice(index).join("."));
}

function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`);
}
