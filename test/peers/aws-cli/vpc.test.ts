import { beforeAll, expect, it } from "vitest";
import { ask, aws, describeOnAwsCli, look, subnetsOf } from "./aws.ts";

const WORLD = ["--destination-cidr-block", "0.0.0.0/0"];
const tagged = (type: string) => ["--tag-specifications", `ResourceType=${type},Tags=[{Key=Name,Value=by-hand}]`];
const BY_HAND = "Name=tag:Name,Values=by-hand";

/** A VPC by hand, whose private subnet reaches the internet over a NAT gateway. */
function made() {
  const vpc = ask("Vpc.VpcId", "ec2", "create-vpc", "--cidr-block", "10.7.0.0/16", ...tagged("vpc"));
  const inside = ["--vpc-id", vpc];
  const subnet = (cidr: string) => ask("Subnet.SubnetId", "ec2", "create-subnet", ...inside, "--cidr-block", cidr);
  const [open, closed] = [subnet("10.7.0.0/24"), subnet("10.7.1.0/24")];
  const gateway = ask(
    "InternetGateway.InternetGatewayId",
    "ec2",
    "create-internet-gateway",
    ...tagged("internet-gateway"),
  );
  look("ec2", "attach-internet-gateway", "--internet-gateway-id", gateway, ...inside);
  const address = ask("AllocationId", "ec2", "allocate-address", "--domain", "vpc", ...tagged("elastic-ip"));
  const behind = ["--subnet-id", open, "--allocation-id", address];
  const nat = ask("NatGateway.NatGatewayId", "ec2", "create-nat-gateway", ...behind, ...tagged("natgateway"));
  look("ec2", "wait", "nat-gateway-available", "--nat-gateway-ids", nat);
  const table = ask("RouteTable.RouteTableId", "ec2", "create-route-table", ...inside, ...tagged("route-table"));
  const association = ask(
    ...(["AssociationId", "ec2", "associate-route-table"] as const),
    ...["--route-table-id", table, "--subnet-id", closed],
  );
  look("ec2", "create-route", "--route-table-id", table, ...WORLD, "--nat-gateway-id", nat);
  return { vpc, open, closed, gateway, address, nat, table, association };
}

/** In this order. */
describeOnAwsCli("the aws CLI on a VPC of one's own on the sandbox", () => {
  let ids: ReturnType<typeof made>;
  beforeAll(() => {
    ids = made();
  });

  const found = (call: string, ...filters: readonly string[]) => look("ec2", call, "--filters", ...filters);

  it("finds each thing by a filter", () => {
    const { vpc, open, closed, gateway, address, nat, table } = ids;
    const { Vpcs } = found("describe-vpcs", BY_HAND, "Name=cidr,Values=10.7.0.0/16");
    expect(Vpcs).toMatchObject([{ VpcId: vpc, IsDefault: false, State: "available" }]);
    const { Subnets } = found("describe-subnets", `Name=vpc-id,Values=${vpc}`);
    expect(Subnets.map((one: { SubnetId: string }) => one.SubnetId).sort()).toEqual([open, closed].sort());
    const { InternetGateways } = found("describe-internet-gateways", `Name=attachment.vpc-id,Values=${vpc}`);
    expect(InternetGateways).toMatchObject([{ InternetGatewayId: gateway, Attachments: [{ State: "available" }] }]);
    const { Addresses } = found("describe-addresses", BY_HAND);
    expect(Addresses).toMatchObject([{ AllocationId: address, AssociationId: expect.stringMatching(/^eipassoc-/) }]);
    const names = ["--allocation-ids", address, "--attribute", "domain-name"];
    expect(look("ec2", "describe-addresses-attribute", ...names).Addresses).toMatchObject([{ AllocationId: address }]);
    const available = ["--filter", "Name=state,Values=available", `Name=vpc-id,Values=${vpc}`];
    expect(look("ec2", "describe-nat-gateways", ...available).NatGateways).toMatchObject([
      {
        NatGatewayId: nat,
        SubnetId: open,
        NatGatewayAddresses: [{ AllocationId: address, PublicIp: Addresses[0].PublicIp }],
      },
    ]);
    const { RouteTables } = found("describe-route-tables", `Name=association.subnet-id,Values=${closed}`);
    expect(RouteTables).toMatchObject([
      {
        RouteTableId: table,
        Routes: [
          { DestinationCidrBlock: "10.7.0.0/16", GatewayId: "local" },
          { DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: nat, State: "active" },
        ],
      },
    ]);
  });

  it("has DNS support and no host names at first, and turns each on and off by a call of its own", () => {
    const attribute = (name: string) => look("ec2", "describe-vpc-attribute", "--vpc-id", ids.vpc, "--attribute", name);
    expect(attribute("enableDnsSupport")).toEqual({ VpcId: ids.vpc, EnableDnsSupport: { Value: true } });
    expect(attribute("enableDnsHostnames")).toEqual({ VpcId: ids.vpc, EnableDnsHostnames: { Value: false } });
    const modify = (...flags: readonly string[]) =>
      aws("ec2", "modify-vpc-attribute", "--vpc-id", ids.vpc, ...flags).code;
    expect(modify("--enable-dns-hostnames")).toBeUndefined();
    expect(attribute("enableDnsHostnames").EnableDnsHostnames).toEqual({ Value: true });
    expect(modify("--no-enable-dns-support")).toBeUndefined();
    expect(attribute("enableDnsSupport").EnableDnsSupport).toEqual({ Value: false });
    expect(modify("--enable-dns-support", "--no-enable-dns-hostnames")).toBe("InvalidParameterCombination");
  });

  it("maps public addresses in a subnet once it is told to", () => {
    const mapped = () =>
      look("ec2", "describe-subnets", "--subnet-ids", ids.open, "--query", "Subnets[0].MapPublicIpOnLaunch");
    expect(mapped()).toBe(false);
    look("ec2", "modify-subnet-attribute", "--subnet-id", ids.open, "--map-public-ip-on-launch");
    expect(mapped()).toBe(true);
  });

  it("sees the interface that its NAT gateway holds, and its zones", () => {
    const { NetworkInterfaces } = found("describe-network-interfaces", `Name=vpc-id,Values=${ids.vpc}`);
    expect(NetworkInterfaces).toMatchObject([
      {
        SubnetId: ids.open,
        Description: `Interface for NAT Gateway ${ids.nat}`,
        Status: "in-use",
      },
    ]);
    const { AvailabilityZones } = found("describe-availability-zones", "Name=state,Values=available");
    expect(AvailabilityZones.map(({ ZoneName }: { ZoneName: string }) => ZoneName)).toContain("us-east-1a");
  });

  it("puts a route's other way out in its place, takes it away, and makes it anew", () => {
    const { table, gateway, nat } = ids;
    const route = ["--route-table-id", table, ...WORLD];
    const ways = () => look("ec2", "describe-route-tables", "--route-table-ids", table).RouteTables[0].Routes.slice(1);
    expect(aws("ec2", "replace-route", ...route, "--gateway-id", gateway).code).toBeUndefined();
    expect(ways()).toMatchObject([{ GatewayId: gateway, State: "active", Origin: "CreateRoute" }]);
    expect(aws("ec2", "delete-route", ...route).code).toBeUndefined();
    expect(ways()).toEqual([]);
    expect(aws("ec2", "delete-route", ...route).code).toBe("InvalidRoute.NotFound");
    expect(aws("ec2", "replace-route", ...route, "--gateway-id", gateway).code).toBe("InvalidParameterValue");
    look("ec2", "create-route", ...route, "--nat-gateway-id", nat);
    expect(ways()).toMatchObject([{ NatGatewayId: nat, State: "active" }]);
  });

  it("moves a subnet from one route table to another and back, each time by another association", () => {
    const { vpc, closed, table, association } = ids;
    const other = ask("RouteTable.RouteTableId", "ec2", "create-route-table", "--vpc-id", vpc);
    const move = (from: string, to: string) =>
      look("ec2", "replace-route-table-association", "--association-id", from, "--route-table-id", to);
    const moved = move(association, other);
    expect(moved).toMatchObject({
      NewAssociationId: expect.stringMatching(/^rtbassoc-/),
      AssociationState: { State: "associated" },
    });
    const followed = () =>
      ask(
        "RouteTables[0].RouteTableId",
        ...["ec2", "describe-route-tables", "--filters", `Name=association.subnet-id,Values=${closed}`],
      );
    expect(followed()).toBe(other);
    const gone = ["--association-id", association, "--route-table-id", table];
    expect(aws("ec2", "replace-route-table-association", ...gone).code).toBe("InvalidAssociationID.NotFound");
    const back = move(moved.NewAssociationId, table);
    expect(followed()).toBe(table);
    look("ec2", "delete-route-table", "--route-table-id", other);
    ids = { ...ids, association: back.NewAssociationId };
  });

  it("tags a thing, and takes the tag away", () => {
    const { vpc } = ids;
    const tags = () => look("ec2", "describe-vpcs", "--vpc-ids", vpc).Vpcs[0].Tags;
    look("ec2", "create-tags", "--resources", vpc, "--tags", "Key=team,Value=shop");
    expect(tags()).toContainEqual({ Key: "team", Value: "shop" });
    look("ec2", "delete-tags", "--resources", vpc, "--tags", "Key=team");
    expect(tags()).toEqual([{ Key: "Name", Value: "by-hand" }]);
  });

  type Ids = typeof ids;
  const HELD = "has dependencies and cannot be deleted.";
  it.each<[code: string, words: string, args: (of: Ids) => readonly string[]]>([
    ["InvalidVpc.Range", "The CIDR '10.0.0.0/8' is invalid.", () => ["create-vpc", "--cidr-block", "10.0.0.0/8"]],
    [
      "InvalidSubnet.Conflict",
      "The CIDR '10.7.0.128/25' conflicts with another subnet",
      ({ vpc }) => ["create-subnet", "--vpc-id", vpc, "--cidr-block", "10.7.0.128/25"],
    ],
    [
      "InvalidSubnet.Range",
      "The CIDR '10.8.0.0/24' is invalid.",
      ({ vpc }) => ["create-subnet", "--vpc-id", vpc, "--cidr-block", "10.8.0.0/24"],
    ],
    [
      "RouteAlreadyExists",
      "The route identified by 0.0.0.0/0 already exists.",
      ({ table, nat }) => ["create-route", "--route-table-id", table, ...WORLD, "--nat-gateway-id", nat],
    ],
    [
      "InvalidParameterValue",
      "belong to different networks",
      ({ table }) => [
        ...["associate-route-table", "--route-table-id", table],
        ...["--subnet-id", ...subnetsOf("us-east-1a")],
      ],
    ],
    [
      "AuthFailure",
      "You do not have permission to access the specified resource.",
      ({ address }) => ["release-address", "--allocation-id", address],
    ],
    [
      "AuthFailure",
      "You do not have permission to access the specified resource.",
      ({ address }) => [
        ...["disassociate-address", "--association-id"],
        ask("Addresses[0].AssociationId", "ec2", "describe-addresses", "--allocation-ids", address),
      ],
    ],
    [
      "DependencyViolation",
      "has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.",
      ({ vpc, gateway }) => ["detach-internet-gateway", "--internet-gateway-id", gateway, "--vpc-id", vpc],
    ],
    ["DependencyViolation", HELD, ({ gateway }) => ["delete-internet-gateway", "--internet-gateway-id", gateway]],
    ["DependencyViolation", HELD, ({ open }) => ["delete-subnet", "--subnet-id", open]],
    ["DependencyViolation", HELD, ({ table }) => ["delete-route-table", "--route-table-id", table]],
    ["DependencyViolation", HELD, ({ vpc }) => ["delete-vpc", "--vpc-id", vpc]],
    ["InvalidVpcID.NotFound", "does not exist", () => ["delete-vpc", "--vpc-id", "vpc-00000000000000000"]],
    ["NatGatewayNotFound", "was not found", () => ["delete-nat-gateway", "--nat-gateway-id", "nat-00000000000000000"]],
  ])("is refused in AWS's words: %s, %s (%#)", (code, words, args) => {
    expect(aws("ec2", ...args(ids))).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it("deletes it all, one thing after the other, and nothing of it is found any more", () => {
    const { vpc, open, closed, gateway, address, nat, table, association } = ids;
    look("ec2", "delete-nat-gateway", "--nat-gateway-id", nat);
    look("ec2", "wait", "nat-gateway-deleted", "--nat-gateway-ids", nat);
    look("ec2", "release-address", "--allocation-id", address);
    const route = ask("RouteTables[0].Routes[1].State", "ec2", "describe-route-tables", "--route-table-ids", table);
    expect(route).toBe("blackhole");
    look("ec2", "disassociate-route-table", "--association-id", association);
    look("ec2", "delete-route-table", "--route-table-id", table);
    look("ec2", "detach-internet-gateway", "--internet-gateway-id", gateway, "--vpc-id", vpc);
    look("ec2", "delete-internet-gateway", "--internet-gateway-id", gateway);
    for (const subnet of [open, closed]) look("ec2", "delete-subnet", "--subnet-id", subnet);
    look("ec2", "delete-vpc", "--vpc-id", vpc);
    expect(aws("ec2", "describe-vpcs", "--vpc-ids", vpc).code).toBe("InvalidVpcID.NotFound");
    // A NAT gateway stays listed for an hour.
    const { Tags } = look("ec2", "describe-tags", "--filters", "Name=value,Values=by-hand");
    expect(Tags.map(({ ResourceId }: { ResourceId: string }) => ResourceId)).toEqual([nat]);
  });
});
