import {
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
  type ListResourceRecordSetsCommandOutput,
  type ResourceRecordSet,
} from "@aws-sdk/client-route-53";
import { describe, expect, test } from "vitest";
import { refusal } from "../clients.ts";
import { change, dnsClients, newZone, record, recordNames } from "./clients.ts";

const www = record("www.bia.test", "A", "192.0.2.1");

async function withZone(options = {}) {
  const clients = await dnsClients(options);
  return { ...clients, zone: await newZone(clients.route53) };
}

test("records are answered with a trailing dot, in lower case and with an octal escape for an asterisk", async () => {
  const { route53, zone } = await withZone();
  await change(route53, zone, ["CREATE", record("*.Bia.test", "TXT", '"hi"')], ["CREATE", www]);
  expect(await recordNames(route53, zone)).toEqual(["\\052.bia.test. TXT", "www.bia.test. A"]);
  // Both spellings mean the same record.
  await change(route53, zone, ["DELETE", record("\\052.bia.test.", "TXT", '"hi"')]);
  expect(await recordNames(route53, zone)).toEqual(["www.bia.test. A"]);
});

test("records are listed by their labels from the right, page by page, from a name and a type on", async () => {
  const { route53, zone } = await withZone({ pageSize: 2 });
  const names = ["www.bia.test", "a.www.bia.test", "b.bia.test", "zz.bia.test"];
  for (const name of names) await change(route53, zone, ["CREATE", record(name, "A", "192.0.2.1")]);
  await change(route53, zone, ["CREATE", record("www.bia.test", "AAAA", "2001:db8::1")]);
  const list = async (input: Partial<ListResourceRecordSetsCommandInput>) => {
    const found: string[] = [];
    for (let from: Partial<ListResourceRecordSetsCommandInput> | undefined = input; from; ) {
      const page: ListResourceRecordSetsCommandOutput = await route53.send(
        new ListResourceRecordSetsCommand({ HostedZoneId: zone, ...from }),
      );
      expect(page.ResourceRecordSets?.length).toBeLessThanOrEqual(2);
      found.push(...(page.ResourceRecordSets ?? []).map(({ Name, Type }) => `${Name} ${Type}`));
      const { IsTruncated, NextRecordName, NextRecordType } = page;
      from = IsTruncated ? { StartRecordName: NextRecordName, StartRecordType: NextRecordType } : undefined;
    }
    return found;
  };
  const all = [
    "bia.test. NS",
    "bia.test. SOA",
    "b.bia.test. A",
    "www.bia.test. A",
    "www.bia.test. AAAA",
    "a.www.bia.test. A",
    "zz.bia.test. A",
  ];
  expect(await list({})).toEqual(all);
  expect(await list({ StartRecordName: "www.bia.test" })).toEqual(all.slice(3));
  expect(await list({ StartRecordName: "www.bia.test", StartRecordType: "AAAA" })).toEqual(all.slice(4));
  const one = new ListResourceRecordSetsCommand({ HostedZoneId: zone, StartRecordName: "c.bia.test", MaxItems: 1 });
  expect(await route53.send(one)).toMatchObject({
    ResourceRecordSets: [{ Name: "www.bia.test." }],
    IsTruncated: true,
    NextRecordName: "www.bia.test.",
    NextRecordType: "AAAA",
  });
  expect(
    await refusal(route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone, StartRecordType: "A" }))),
  ).toMatch(/^InvalidInput: /);
});

test("UPSERT makes or replaces, CREATE only makes", async () => {
  const { route53, zone } = await withZone();
  await change(route53, zone, ["UPSERT", www]);
  await change(route53, zone, ["UPSERT", { ...www, TTL: 60 }]);
  const { ResourceRecordSets } = await route53.send(
    new ListResourceRecordSetsCommand({ HostedZoneId: zone, StartRecordName: "www.bia.test", MaxItems: 1 }),
  );
  expect(ResourceRecordSets).toEqual([{ ...www, Name: "www.bia.test.", TTL: 60 }]);
  expect(await refusal(change(route53, zone, ["CREATE", www]))).toBe(
    "InvalidChangeBatch: [Tried to create resource record set [name='www.bia.test.', type='A'] but it already exists]",
  );
});

test("DELETE must repeat the record exactly", async () => {
  const { route53, zone } = await withZone();
  await change(route53, zone, ["CREATE", www]);
  const tried = "InvalidChangeBatch: [Tried to delete resource record set [name='www.bia.test.', type='A'] but";
  expect(await refusal(change(route53, zone, ["DELETE", { ...www, TTL: 60 }]))).toBe(
    `${tried} the values provided do not match the current values]`,
  );
  await change(route53, zone, ["DELETE", www]);
  expect(await refusal(change(route53, zone, ["DELETE", www]))).toBe(`${tried} it was not found]`);
});

test("a batch is applied as a whole or not at all, and everything wrong with it is said at once", async () => {
  const { route53, zone } = await withZone();
  const refused = await refusal(
    change(
      route53,
      zone,
      ["CREATE", www],
      ["CREATE", record("bia.test", "A", "nonsense")],
      ["DELETE", record("x.bia.test", "A", "192.0.2.1")],
    ),
  );
  expect(refused).toMatch(/^InvalidChangeBatch: \[Invalid Resource Record: .*'nonsense'.*, Tried to delete .*\]$/);
  expect(await recordNames(route53, zone)).toEqual([]);
  // A name can change its type within one batch.
  await change(route53, zone, ["CREATE", record("www.bia.test", "CNAME", "one.example")]);
  await change(route53, zone, ["DELETE", record("www.bia.test", "CNAME", "one.example")], ["CREATE", www]);
  expect(await recordNames(route53, zone)).toEqual(["www.bia.test. A"]);
});

describe("refused is", () => {
  const target = (DNSName: string, HostedZoneId: string): ResourceRecordSet => ({
    Name: "www.bia.test",
    Type: "A",
    AliasTarget: { DNSName, HostedZoneId, EvaluateTargetHealth: false },
  });

  test.each<[string, ResourceRecordSet, string]>([
    [
      "a CNAME at the apex",
      record("bia.test", "CNAME", "other.example"),
      "[RRSet of type CNAME with DNS name bia.test. is not permitted at apex in zone bia.test.]",
    ],
    [
      "a name of another domain",
      record("www.other.test", "A", "192.0.2.1"),
      "[RRSet with DNS name www.other.test. is not permitted in zone bia.test.]",
    ],
    [
      "a name that only ends alike",
      record("www.notbia.test", "A", "192.0.2.1"),
      "[RRSet with DNS name www.notbia.test. is not",
    ],
    ["a text without quotation marks", record("www.bia.test", "TXT", "hi"), "InvalidCharacterString"],
    ["an alias to nothing", target("gone.bia.test", "ZONE"), "but that target was not found]"],
    [
      "an alias to a load balancer that is not there",
      target("alb.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K"),
      "but that target was not found]",
    ],
    [
      "an alias to a name outside of its zone",
      target("www.other.test", "ZONE"),
      "but the alias target name does not lie within the target zone]",
    ],
  ])("%s", async (_, wanted, expected) => {
    const { route53, zone } = await withZone();
    const { AliasTarget } = wanted;
    const there =
      AliasTarget?.HostedZoneId === "ZONE"
        ? { ...wanted, AliasTarget: { ...AliasTarget, HostedZoneId: zone } }
        : wanted;
    const refused = await refusal(change(route53, zone, ["CREATE", there]));
    expect(refused).toMatch(/^InvalidChangeBatch: \[/);
    expect(refused).toContain(expected);
  });

  test("a CNAME beside other records, whichever comes first", async () => {
    const { route53, zone } = await withZone();
    const alias = record("www.bia.test", "CNAME", "other.example");
    const conflict = (type: string) =>
      `InvalidChangeBatch: [RRSet of type ${type} with DNS name www.bia.test. is not permitted as it conflicts with other records with the same DNS name in zone bia.test.]`;
    await change(route53, zone, ["CREATE", www]);
    expect(await refusal(change(route53, zone, ["CREATE", alias]))).toBe(conflict("CNAME"));
    await change(route53, zone, ["DELETE", www], ["CREATE", alias]);
    expect(await refusal(change(route53, zone, ["CREATE", www]))).toBe(conflict("A"));
  });

  test("to take away what every zone must have", async () => {
    const { route53, zone } = await withZone();
    const { ResourceRecordSets = [] } = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone }));
    const [ns, soa] = ResourceRecordSets as [ResourceRecordSet, ResourceRecordSet];
    expect(await refusal(change(route53, zone, ["DELETE", ns], ["DELETE", soa]))).toBe(
      "InvalidChangeBatch: [A HostedZone must contain exactly one SOA record., A HostedZone must contain at least one NS record for the zone itself.]",
    );
  });

  test("a record that is neither values nor an alias, or both", async () => {
    const { route53, zone } = await withZone();
    const alias = { AliasTarget: { DNSName: "bia.test", HostedZoneId: zone, EvaluateTargetHealth: false } };
    const upsert = (wanted: ResourceRecordSet) => refusal(change(route53, zone, ["UPSERT", wanted]));
    expect(await upsert({ Name: "www.bia.test", Type: "A" })).toMatch(
      /^InvalidInput: .* but found none in Change with/,
    );
    expect(await upsert({ ...www, ...alias })).toMatch(/^InvalidInput: .* but found more than one in Change with/);
  });

  test("what is not emulated: routing policies and other types of records", async () => {
    const { route53, zone } = await withZone();
    const weighted = { ...www, SetIdentifier: "one", Weight: 1 };
    expect(await refusal(change(route53, zone, ["CREATE", weighted]))).toMatch(/^SandboxNotEmulated: .*SetIdentifier/);
    const naptr = record("www.bia.test", "NAPTR", "1");
    expect(await refusal(change(route53, zone, ["CREATE", naptr]))).toMatch(/^SandboxNotEmulated: .*NAPTR/);
  });
});

test("an alias leads to another record of the zone, or to a load balancer of the account", async () => {
  const { route53, zone, world } = await withZone();
  await change(route53, zone, ["CREATE", www]);
  const alias = (Name: string, DNSName: string, HostedZoneId: string) => ({
    Name,
    Type: "A" as const,
    AliasTarget: { DNSName, HostedZoneId, EvaluateTargetHealth: true },
  });
  await change(route53, zone, ["CREATE", alias("bia.test", "www.bia.test", zone)]);
  world.region("us-east-1").elbv2.loadBalancers.put({
    LoadBalancerArn: "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/bia-alb/1",
    LoadBalancerName: "bia-alb",
    DNSName: "bia-alb-1.us-east-1.elb.amazonaws.com",
    CanonicalHostedZoneId: "Z35SXDOTRQ7X7K",
    Scheme: "internet-facing",
    Type: "application",
    VpcId: "vpc-1",
    State: { Code: "active" },
    AvailabilityZones: [],
    SecurityGroups: [],
    IpAddressType: "ipv4",
    hidden: { attributes: {}, tags: [] },
  });
  const balancer = alias("alb.bia.test", "Bia-Alb-1.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K");
  await change(route53, zone, ["CREATE", balancer]);
  const { ResourceRecordSets = [] } = await route53.send(
    new ListResourceRecordSetsCommand({ HostedZoneId: zone, StartRecordName: "alb.bia.test", MaxItems: 1 }),
  );
  expect(ResourceRecordSets).toEqual([
    {
      Name: "alb.bia.test.",
      Type: "A",
      AliasTarget: {
        HostedZoneId: "Z35SXDOTRQ7X7K",
        DNSName: "bia-alb-1.us-east-1.elb.amazonaws.com.",
        EvaluateTargetHealth: true,
      },
    },
  ]);
  await change(route53, zone, ["DELETE", balancer]);
  expect(await recordNames(route53, zone)).toEqual(["bia.test. A", "www.bia.test. A"]);
});
