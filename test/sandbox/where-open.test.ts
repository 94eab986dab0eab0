import { describe, expect, it } from "vitest";
import { type Places, whereOpen } from "../../src/sandbox/where-open.ts";
import { World } from "../../src/sandbox/world/world.ts";

const BALANCER = "bia-alb-1234567890.us-east-1.elb.amazonaws.com";

const listener = { region: "us-east-1", loadBalancer: "bia-alb", dnsName: BALANCER, address: "127.0.0.1" };

const PLACES: Places = {
  listeners: [
    { ...listener, protocol: "HTTP", port: 80, localPort: 8080 },
    { ...listener, protocol: "HTTPS", port: 443, localPort: 8443 },
  ],
  machines: [
    {
      address: "127.18.0.7",
      containers: [
        {
          name: "bia",
          image: "bia",
          status: "running",
          ports: [
            { address: "127.18.0.7", port: 3001, hostPort: 3001, containerPort: 8080 },
            { address: "127.18.0.7", port: 41007, hostPort: 80, containerPort: 8080, why: "users may not" },
          ],
        },
      ],
    },
  ],
};

/** A world with these records: name, type, where to. */
async function worldWith(...records: [name: string, type: "CNAME" | "A", to: string][]): Promise<World> {
  const world = await World.open({});
  for (const [Name, Type, to] of records) {
    const value =
      Type === "A"
        ? { AliasTarget: { DNSName: to, HostedZoneId: "Z1", EvaluateTargetHealth: false } }
        : { TTL: 300, ResourceRecords: [{ Value: to }] };
    world.route53.recordSets.put({ Name, Type, ...value, hidden: { zoneId: "Z1", changeId: "C1" } });
  }
  return world;
}

describe("where a url of this AWS opens on this computer", () => {
  it("is the load balancer's own address, at the port that its listener could have", async () => {
    expect(whereOpen(await worldWith(), PLACES, `http://${BALANCER}`)).toBe("http://127.0.0.1:8080");
    expect(whereOpen(await worldWith(), PLACES, `https://${BALANCER}/api/versao?a=b`)).toBe(
      "https://127.0.0.1:8443/api/versao?a=b",
    );
  });

  it("keeps a name below localhost, which browsers know, and its certificate is for", async () => {
    const world = await worldWith(["www.bia.localhost.", "CNAME", BALANCER]);
    expect(whereOpen(world, PLACES, "https://www.bia.localhost")).toBe("https://www.bia.localhost:8443");
  });

  it("follows alias records, and chains of records", async () => {
    const world = await worldWith(
      ["www.bia.localhost.", "CNAME", "bia.localhost."],
      ["bia.localhost.", "A", `dualstack.${BALANCER.toUpperCase()}.`],
    );
    expect(whereOpen(world, PLACES, "https://www.bia.localhost")).toBe("https://www.bia.localhost:8443");
  });

  it("puts a name that only the internet could look up below localhost", async () => {
    const world = await worldWith(["www.example.com.br.", "CNAME", BALANCER]);
    expect(whereOpen(world, PLACES, "https://www.example.com.br")).toBe("https://www.example.com.br.localhost:8443");
  });

  it("is nowhere for a name without a record, a port without a listener, and records in a circle", async () => {
    const world = await worldWith(["a.localhost.", "CNAME", "b.localhost"], ["b.localhost.", "CNAME", "a.localhost"]);
    for (const url of ["https://www.bia.localhost", `http://${BALANCER}:81`, "http://a.localhost", "bia-alb"]) {
      expect(whereOpen(world, PLACES, url)).toBeUndefined();
    }
  });

  it("is a machine's address, at the port that could be had, if a container has it", async () => {
    const world = await worldWith();
    expect(whereOpen(world, PLACES, "http://127.18.0.7:3001")).toBe("http://127.18.0.7:3001");
    expect(whereOpen(world, PLACES, "http://127.18.0.7")).toBe("http://127.18.0.7:41007");
    expect(whereOpen(world, PLACES, "http://127.18.0.7:3002")).toBeUndefined();
  });
});
