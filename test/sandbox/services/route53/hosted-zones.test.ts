import {
  ChangeTagsForResourceCommand,
  CreateHostedZoneCommand,
  DeleteHostedZoneCommand,
  GetAccountLimitCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  GetHostedZoneCountCommand,
  ListHostedZonesByNameCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  ListTagsForResourceCommand,
  ListTagsForResourcesCommand,
  paginateListHostedZones,
  UpdateHostedZoneCommentCommand,
} from "@aws-sdk/client-route-53";
import { describe, expect, test } from "vitest";
import { refusal } from "../clients.ts";
import { change, dnsClients, newZone, record } from "./clients.ts";

test("a zone is made with four name servers, its NS and SOA records and a change that is pending", async () => {
  const { route53 } = await dnsClients();
  const made = await route53.send(
    new CreateHostedZoneCommand({ Name: "Bia.Test", CallerReference: "one", HostedZoneConfig: { Comment: "course" } }),
  );
  expect(made).toMatchObject({
    HostedZone: {
      Id: expect.stringMatching(/^\/hostedzone\/Z[A-Z0-9]{20}$/),
      Name: "bia.test.",
      CallerReference: "one",
      Config: { Comment: "course", PrivateZone: false },
      ResourceRecordSetCount: 2,
    },
    ChangeInfo: { Id: expect.stringMatching(/^\/change\/C[A-Z0-9]{20}$/), Status: "PENDING" },
    Location: `https://route53.amazonaws.com/2013-04-01${made.HostedZone?.Id}`,
  });
  const servers = made.DelegationSet?.NameServers ?? [];
  expect(servers.map((server) => server.replace(/^ns-\d+\.awsdns-\d\d\./, "")).sort()).toEqual([
    "co.uk",
    "com",
    "net",
    "org",
  ]);
  const HostedZoneId = made.HostedZone?.Id;
  const { ResourceRecordSets } = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId }));
  expect(ResourceRecordSets).toMatchObject([
    { Name: "bia.test.", Type: "NS", TTL: 172800, ResourceRecords: servers.map((server) => ({ Value: `${server}.` })) },
    { Name: "bia.test.", Type: "SOA", TTL: 900 },
  ]);
  const found = await route53.send(new GetHostedZoneCommand({ Id: made.HostedZone?.Id }));
  expect(found).toMatchObject({ HostedZone: made.HostedZone, DelegationSet: made.DelegationSet });
});

test("a caller reference is used up for ever, also by a zone that is gone", async () => {
  const { route53 } = await dnsClients();
  const create = (CallerReference: string) =>
    route53.send(new CreateHostedZoneCommand({ Name: "bia.test", CallerReference }));
  const { HostedZone } = await create("one");
  await expect(create("one")).rejects.toMatchObject({
    name: "HostedZoneAlreadyExists",
    $metadata: { httpStatusCode: 409 },
  });
  await route53.send(new DeleteHostedZoneCommand({ Id: HostedZone?.Id }));
  expect(await refusal(create("one"))).toMatch(/^HostedZoneAlreadyExists: /);
});

test("several zones may have one name", async () => {
  const { route53 } = await dnsClients();
  expect(await newZone(route53)).not.toBe(await newZone(route53));
  expect(await route53.send(new GetHostedZoneCountCommand({}))).toMatchObject({ HostedZoneCount: 2 });
  expect(await route53.send(new GetAccountLimitCommand({ Type: "MAX_HOSTED_ZONES_BY_OWNER" }))).toMatchObject({
    Limit: { Value: 500 },
    Count: 2,
  });
});

test("listing by name begins at the name and does not end there", async () => {
  const { route53 } = await dnsClients({ pageSize: 2 });
  for (const name of ["zoo.com", "bia.test", "a.test", "www.bia.test"]) await newZone(route53, name);
  const list = async (input: object) => {
    const { HostedZones = [], ...rest } = await route53.send(new ListHostedZonesByNameCommand(input));
    return { names: HostedZones.map(({ Name }) => Name), ...rest };
  };
  expect(await list({})).toMatchObject({ names: ["zoo.com.", "a.test."], IsTruncated: true, NextDNSName: "bia.test." });
  expect(await list({ DNSName: "bia.test" })).toMatchObject({
    names: ["bia.test.", "www.bia.test."],
    IsTruncated: false,
  });
  expect(await list({ DNSName: "b.test", MaxItems: 1 })).toMatchObject({ names: ["bia.test."], IsTruncated: true });
  expect(await list({ DNSName: "zz.test" })).toMatchObject({ names: [] });
  expect(await refusal(list({ HostedZoneId: "Z1" }))).toMatch(/^InvalidInput: /);
});

test("all zones are listed page by page", async () => {
  const { route53 } = await dnsClients({ pageSize: 2 });
  const ids = new Set<string>();
  for (let index = 0; index < 5; index++) ids.add(`/hostedzone/${await newZone(route53)}`);
  const listed = new Set<string | undefined>();
  for await (const { HostedZones = [] } of paginateListHostedZones({ client: route53 }, {})) {
    expect(HostedZones.length).toBeLessThanOrEqual(2);
    for (const { Id } of HostedZones) listed.add(Id);
  }
  expect(listed).toEqual(ids);
});

test("the comment is the one thing that can be changed", async () => {
  const { route53 } = await dnsClients();
  const Id = await newZone(route53);
  await route53.send(new UpdateHostedZoneCommentCommand({ Id, Comment: "new" }));
  const config = async () => (await route53.send(new GetHostedZoneCommand({ Id }))).HostedZone?.Config;
  expect(await config()).toEqual({ Comment: "new", PrivateZone: false });
  await route53.send(new UpdateHostedZoneCommentCommand({ Id }));
  expect(await config()).toEqual({ PrivateZone: false });
});

test("a zone can only be deleted when nothing but its NS and SOA records is left", async () => {
  const { route53 } = await dnsClients();
  const Id = await newZone(route53);
  await change(route53, Id, ["CREATE", record("www.bia.test", "A", "192.0.2.1")]);
  const remove = () => route53.send(new DeleteHostedZoneCommand({ Id }));
  expect(await refusal(remove())).toBe(
    "HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
  );
  await change(route53, Id, ["DELETE", record("www.bia.test", "A", "192.0.2.1")]);
  expect((await remove()).ChangeInfo?.Status).toBe("PENDING");
  await expect(remove()).rejects.toMatchObject({ name: "NoSuchHostedZone", $metadata: { httpStatusCode: 404 } });
  expect(await refusal(route53.send(new GetHostedZoneCommand({ Id })))).toBe(
    `NoSuchHostedZone: No hosted zone found with ID: ${Id}`,
  );
});

test("tags of a zone are added, replaced, removed and listed", async () => {
  const { route53 } = await dnsClients();
  const ResourceId = await newZone(route53);
  const zone = { ResourceType: "hostedzone", ResourceId } as const;
  const AddTags = [
    { Key: "a", Value: "1" },
    { Key: "b", Value: "2" },
  ];
  await route53.send(new ChangeTagsForResourceCommand({ ...zone, AddTags }));
  await route53.send(
    new ChangeTagsForResourceCommand({ ...zone, AddTags: [{ Key: "b", Value: "3" }], RemoveTagKeys: ["a"] }),
  );
  const Tags = [{ Key: "b", Value: "3" }];
  expect((await route53.send(new ListTagsForResourceCommand(zone))).ResourceTagSet).toEqual({ ...zone, Tags });
  const many = await route53.send(
    new ListTagsForResourcesCommand({ ResourceType: "hostedzone", ResourceIds: [ResourceId] }),
  );
  expect(many.ResourceTagSets).toEqual([{ ...zone, Tags }]);
  expect(await refusal(route53.send(new ChangeTagsForResourceCommand(zone)))).toMatch(/^InvalidInput: /);
  const check = { ResourceType: "healthcheck", ResourceId } as const;
  expect(await refusal(route53.send(new ListTagsForResourceCommand(check)))).toMatch(/^SandboxNotEmulated: /);
});

test("a change is pending until all name servers have it", async () => {
  const { route53, world } = await dnsClients({ delays: "real" });
  const zone = await newZone(route53);
  await world.clock.advance(2_000);
  const { ChangeInfo } = await change(route53, zone, ["UPSERT", record("www.bia.test", "A", "192.0.2.1")]);
  const status = async () => (await route53.send(new GetChangeCommand({ Id: ChangeInfo?.Id }))).ChangeInfo?.Status;
  await world.clock.advance(29_000);
  expect(await status()).toBe("PENDING");
  await world.clock.advance(2_000);
  expect(await status()).toBe("INSYNC");
  await expect(route53.send(new GetChangeCommand({ Id: "C1" }))).rejects.toMatchObject({
    name: "NoSuchChange",
    $metadata: { httpStatusCode: 404 },
  });
});

test("a new zone is listed before other calls know it, and known before it can be changed", async () => {
  const { route53, world } = await dnsClients({ delays: "real" });
  const ResourceId = await newZone(route53);
  const tag = () =>
    refusal(
      route53.send(
        new ChangeTagsForResourceCommand({
          ResourceType: "hostedzone",
          ResourceId,
          AddTags: [{ Key: "a", Value: "1" }],
        }),
      ),
    );
  expect((await route53.send(new ListHostedZonesCommand({}))).HostedZones).toHaveLength(1);
  expect(await refusal(route53.send(new GetHostedZoneCommand({ Id: ResourceId })))).toMatch(/^NoSuchHostedZone: /);
  expect(await tag()).toMatch(/^NoSuchHostedZone: /);
  await world.clock.advance(1_000);
  await route53.send(new GetHostedZoneCommand({ Id: ResourceId }));
  expect(await tag()).toMatch(/^PriorRequestNotComplete: /);
  await world.clock.advance(1_000);
  await route53.send(
    new ChangeTagsForResourceCommand({ ResourceType: "hostedzone", ResourceId, AddTags: [{ Key: "a", Value: "1" }] }),
  );
});

describe("refused is a zone", () => {
  test.each([
    ["without a domain name", { Name: "not a name" }, /^InvalidDomainName: /],
    ["that is a top-level domain", { Name: "com" }, /^InvalidDomainName: /],
    ["without a caller reference", { CallerReference: "" }, /^InvalidInput: /],
    [
      "of a VPC, which is not emulated",
      { VPC: { VPCId: "vpc-1", VPCRegion: "us-east-1" } },
      /^SandboxNotEmulated: .*VPC/,
    ],
    ["with a delegation set of one's own", { DelegationSetId: "N1" }, /^SandboxNotEmulated: .*DelegationSetId/],
  ] as const)("%s", async (_, input, expected) => {
    const { route53 } = await dnsClients();
    const command = new CreateHostedZoneCommand({ Name: "bia.test", CallerReference: "one", ...input });
    expect(await refusal(route53.send(command))).toMatch(expected);
  });
});
