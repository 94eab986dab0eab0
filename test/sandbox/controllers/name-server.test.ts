import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { EC2Client } from "@aws-sdk/client-ec2";
import { CreateDBInstanceCommand, RDSClient } from "@aws-sdk/client-rds";
import type { Change, ResourceRecordSet } from "@aws-sdk/client-route-53";
import dnsPacket, { type Packet } from "dns-packet";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RunningSandbox, SandboxOptions } from "../../../src/sandbox/sandbox.ts";
import type { LoadBalancer } from "../../../src/sandbox/world/records.ts";
import { clientConfig } from "../../support/sandbox.ts";
import { instanceOf, launch } from "../services/ec2/fixtures.ts";
import { balancing, createBalancer } from "../services/elbv2/fixtures.ts";
import { BIA } from "../services/rds/clients.ts";
import { change, dnsClients, newZone, record } from "../services/route53/clients.ts";

/** A sandbox with a zone `bia.test`, and who asks its name server. */
async function zoneForTest(records: readonly ResourceRecordSet[], options: SandboxOptions = {}) {
  const clients = await dnsClients({ dnsPort: 0, ...options });
  const zone = await newZone(clients.route53);
  if (records.length > 0)
    await change(
      clients.route53,
      zone,
      ...records.map((one): [Change["Action"], ResourceRecordSet] => ["CREATE", one]),
    );
  await clients.world.clock.advance(60_000);
  const place = clients.sandbox.places.dns ?? "";
  const resolver = new Resolver({ timeout: 5_000, tries: 1 });
  resolver.setServers([place]);
  onTestFinished(() => resolver.cancel());
  return {
    ...clients,
    zone,
    place,
    resolver,
    ask: (name: string, type: string, edns = false) => ask(place, name, type, edns),
  };
}

function query(name: string, type: string, edns: boolean): Buffer {
  const opt = { type: "OPT", name: ".", udpPayloadSize: 4096, flags: 0, options: [] };
  return dnsPacket.encode({
    type: "query",
    id: 4711,
    flags: dnsPacket.RECURSION_DESIRED,
    questions: [{ name, type: type as "A", class: "IN" }],
    ...(edns && { additionals: [opt as never] }),
  });
}

type Answer = Packet & { rcode: string; flag_aa: boolean; flag_tc: boolean };

function send(place: string, message: Buffer): Promise<Answer> {
  const [address, port] = place.split(":");
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  return new Promise((resolve) => {
    socket.once("message", (said) => resolve(dnsPacket.decode(said) as unknown as Answer));
    socket.send(message, Number(port), address);
  });
}

async function ask(place: string, name: string, type: string, edns: boolean) {
  const said = await send(place, query(name, type, edns));
  const { rcode, flag_aa, flag_tc, answers = [], authorities = [] } = said;
  const text = (one: object) => {
    const { name, type, ttl, data } = one as { name: string; type: string; ttl: number; data: unknown };
    return `${name} ${ttl} ${type} ${typeof data === "string" ? data : JSON.stringify(data)}`;
  };
  return { rcode, flag_aa, flag_tc, answers: answers.map(text), authorities: authorities.map(text) };
}

describe("the name server of a hosted zone", () => {
  it("answers records of every type", async () => {
    const { resolver } = await zoneForTest([
      { ...record("a.bia.test", "A", "192.0.2.1"), ResourceRecords: [{ Value: "192.0.2.1" }, { Value: "192.0.2.2" }] },
      record("a.bia.test", "AAAA", "2001:db8::1"),
      record("bia.test", "MX", "10 mail.bia.test."),
      record("bia.test", "TXT", '"one \\"two\\"" "three\\040four"'),
      record("bia.test", "CAA", '0 issue "amazon.com"'),
      record("_sip._tcp.bia.test", "SRV", "1 2 5060 sip.bia.test"),
      record("9.2.0.192.bia.test", "PTR", "a.bia.test"),
      record("www.bia.test", "CNAME", "a.bia.test"),
    ]);
    expect((await resolver.resolve4("a.bia.test")).sort()).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect(await resolver.resolve4("A.Bia.TEST", { ttl: true })).toContainEqual({ address: "192.0.2.1", ttl: 300 });
    expect(await resolver.resolve6("a.bia.test")).toEqual(["2001:db8::1"]);
    expect(await resolver.resolveMx("bia.test")).toEqual([{ priority: 10, exchange: "mail.bia.test" }]);
    expect(await resolver.resolveTxt("bia.test")).toEqual([['one "two"', "three four"]]);
    expect(await resolver.resolveCaa("bia.test")).toEqual([{ critical: 0, issue: "amazon.com" }]);
    expect(await resolver.resolveSrv("_sip._tcp.bia.test")).toEqual([
      { priority: 1, weight: 2, port: 5060, name: "sip.bia.test" },
    ]);
    expect(await resolver.resolvePtr("9.2.0.192.bia.test")).toEqual(["a.bia.test"]);
    expect(await resolver.resolveNs("bia.test")).toHaveLength(4);
    expect(await resolver.resolveSoa("bia.test")).toMatchObject({ serial: 1, refresh: 7200, minttl: 86400 });
    expect((await resolver.resolve4("www.bia.test")).sort()).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect(await resolver.resolveCname("www.bia.test")).toEqual(["a.bia.test"]);
  });

  it("says that a name is not there, or has nothing of a type, with the zone's SOA; and refuses other names", async () => {
    const { ask } = await zoneForTest([record("a.b.bia.test", "A", "192.0.2.1")]);
    const soa = expect.stringMatching(/^bia\.test 900 SOA /);
    const none = { flag_aa: true, answers: [], authorities: [soa] };
    expect(await ask("none.bia.test", "A")).toMatchObject({ rcode: "NXDOMAIN", ...none });
    expect(await ask("a.b.bia.test", "AAAA")).toMatchObject({ rcode: "NOERROR", ...none });
    // Between two names that are there.
    expect(await ask("b.bia.test", "A")).toMatchObject({ rcode: "NOERROR", ...none });
    expect(await ask("a.b.bia.test", "UNKNOWN_65")).toMatchObject({ rcode: "NOERROR", ...none });
    for (const name of ["example.org", "nobia.test", "test"]) {
      expect(await ask(name, "A")).toMatchObject({ rcode: "REFUSED", flag_aa: false });
    }
    expect(await ask("bia.test", "AXFR")).toMatchObject({ rcode: "REFUSED" });
  });

  it("lets a wildcard stand for names that are not there, however deep, and for no others", async () => {
    const { resolver, ask } = await zoneForTest([
      record("*.bia.test", "A", "192.0.2.1"),
      record("here.bia.test", "TXT", '"x"'),
    ]);
    expect(await resolver.resolve4("any.bia.test")).toEqual(["192.0.2.1"]);
    expect(await resolver.resolve4("deep.er.bia.test")).toEqual(["192.0.2.1"]);
    expect((await ask("here.bia.test", "A")).answers).toEqual([]);
    expect(await ask("below.here.bia.test", "A")).toMatchObject({ rcode: "NXDOMAIN" });
    expect((await ask("bia.test", "A")).answers).toEqual([]);
    expect((await ask("any.bia.test", "A")).answers).toEqual(["any.bia.test 300 A 192.0.2.1"]);
  });

  it("names the servers of a part that others were given", async () => {
    const { ask } = await zoneForTest([
      record("sub.bia.test", "NS", "ns.example.org."),
      record("*.bia.test", "A", "192.0.2.1"),
    ]);
    expect(await ask("www.sub.bia.test", "A")).toMatchObject({
      rcode: "NOERROR",
      flag_aa: false,
      answers: [],
      authorities: ["sub.bia.test 300 NS ns.example.org"],
    });
  });

  it("knows a change only once it is in sync", async () => {
    const { ask, route53, zone, world } = await zoneForTest([], { delays: "real" });
    await change(route53, zone, ["CREATE", record("a.bia.test", "A", "192.0.2.1")]);
    expect(await ask("a.bia.test", "A")).toMatchObject({ rcode: "NXDOMAIN" });
    await world.clock.advance(120_000);
    expect((await ask("a.bia.test", "A")).answers).toEqual(["a.bia.test 300 A 192.0.2.1"]);
  });

  it("answers an alias with what it stands for: another record, or a load balancer", async () => {
    const { ask, resolver, route53, zone, world, sandbox } = await zoneForTest([
      record("a.bia.test", "A", "192.0.2.1"),
    ]);
    const { DNSName, CanonicalHostedZoneId = "" } = await balancerOf(sandbox);
    const alias = (Name: string, HostedZoneId: string, DNSName: string): ResourceRecordSet => ({
      Name,
      Type: "A",
      AliasTarget: { HostedZoneId, DNSName, EvaluateTargetHealth: false },
    });
    const toBalancer = alias("bia.test", CanonicalHostedZoneId, `dualstack.${DNSName}`);
    await change(route53, zone, ["CREATE", toBalancer], ["CREATE", alias("same.bia.test", zone, "a.bia.test")]);
    await world.clock.advance(60_000);
    expect((await ask("bia.test", "A")).answers).toEqual(["bia.test 60 A 127.0.0.1"]);
    expect(await resolver.resolve4("same.bia.test")).toEqual(["192.0.2.1"]);
    expect(await ask("bia.test", "AAAA")).toMatchObject({ rcode: "NOERROR", answers: [] });
  });

  it("ends a chain that goes round", async () => {
    const { ask } = await zoneForTest([
      record("a.bia.test", "CNAME", "b.bia.test"),
      record("b.bia.test", "CNAME", "a.bia.test"),
    ]);
    const { rcode, answers } = await ask("a.bia.test", "A");
    expect(rcode).toBe("NOERROR");
    expect(answers.length).toBeLessThan(20);
  });

  it("cuts a long answer by UDP, which TCP has whole, and by UDP too for those who take it", async () => {
    const long = `"${"x".repeat(200)}"`;
    const { ask, resolver } = await zoneForTest([record("bia.test", "TXT", [long, long, long].join(" "))]);
    expect(await ask("bia.test", "TXT")).toMatchObject({ flag_tc: true, answers: [] });
    expect(await ask("bia.test", "TXT", true)).toMatchObject({ flag_tc: false, answers: [expect.any(String)] });
    expect((await resolver.resolveTxt("bia.test"))[0]?.join("")).toHaveLength(600);
  });

  it("answers several questions of one connection", async () => {
    const { place } = await zoneForTest([record("a.bia.test", "A", "192.0.2.1")]);
    const one = query("a.bia.test", "A", false);
    const length = Buffer.from([0, one.length]);
    const [host = "", port] = place.split(":");
    const socket = connect({ host, port: Number(port) });
    onTestFinished(() => void socket.destroy());
    const message = Buffer.concat([length, one, length, one]);
    // In two pieces, of which the first ends in the middle of a message.
    socket.write(message.subarray(0, 40), () => socket.write(message.subarray(40)));
    let received = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received = Buffer.concat([received, chunk]);
      const size = 2 + (received.length >= 2 ? received.readUInt16BE(0) : received.length);
      if (received.length >= 2 * size) break;
    }
    const first = dnsPacket.streamDecode(received);
    expect(first?.answers).toMatchObject([{ data: "192.0.2.1" }]);
  });

  it("is not disturbed by what no question is", async () => {
    const { place, resolver } = await zoneForTest([record("a.bia.test", "A", "192.0.2.1")]);
    const broken = query("a.bia.test", "A", false).subarray(0, 20);
    expect((await send(place, broken)).rcode).toBe("FORMERR");
    const update = query("a.bia.test", "A", false);
    update.writeUInt16BE(5 << 11, 2);
    expect((await send(place, update)).rcode).toBe("NOTIMP");
    const [address, port] = place.split(":");
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    for (const garbage of [Buffer.alloc(0), Buffer.alloc(5), Buffer.alloc(600, 0xff)])
      await new Promise((sent) => socket.send(garbage, Number(port), address, sent));
    expect(await resolver.resolve4("a.bia.test")).toEqual(["192.0.2.1"]);
  });
});

describe("the name server of AWS's own names", () => {
  it("answers where load balancers, databases and machines are on this computer", async () => {
    const { resolver, ask, world, sandbox } = await zoneForTest([]);
    const { DNSName } = await balancerOf(sandbox);
    const rds = new RDSClient(clientConfig(sandbox));
    const ec2 = new EC2Client(clientConfig(sandbox));
    await rds.send(new CreateDBInstanceCommand(BIA));
    const id = await launch(ec2);
    await world.clock.advance(1_200_000);
    const { PublicIpAddress = "", PrivateIpAddress = "", PrivateDnsName = "" } = await instanceOf(ec2, id);
    const { Endpoint, hidden } = world.region("us-east-1").rds.dbInstances.get("bia") ?? {};
    expect(await resolver.resolve4(DNSName)).toEqual(["127.0.0.1"]);
    expect(await resolver.resolve4(Endpoint?.Address ?? "")).toEqual([hidden?.address]);
    expect(await resolver.resolve4(PrivateDnsName)).toEqual([PrivateIpAddress]);
    const publicName = `ec2-${PublicIpAddress.replaceAll(".", "-")}.compute-1.amazonaws.com`;
    expect(await resolver.resolve4(publicName)).toEqual([PublicIpAddress]);
    expect(await ask(DNSName, "AAAA")).toMatchObject({ rcode: "NOERROR", answers: [] });
    expect(await ask("other.us-east-1.elb.amazonaws.com", "A")).toMatchObject({ rcode: "NXDOMAIN" });
    expect(await ask("ec2-192-0-2-1.compute-1.amazonaws.com", "A")).toMatchObject({ rcode: "NXDOMAIN" });
    expect(await ask("s3.amazonaws.com", "A")).toMatchObject({ rcode: "REFUSED" });
  });
});

async function balancerOf(sandbox: RunningSandbox) {
  const made = await balancing({}, sandbox);
  await createBalancer(made);
  return made.region.elbv2.loadBalancers.all()[0] as LoadBalancer;
}
