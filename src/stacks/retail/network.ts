import { type AnyTask, type Ref, type Stage, task } from "../../engine/task.ts";
import { elasticIp } from "../../kinds/ec2/elastic-ip.ts";
import { internetGateway } from "../../kinds/ec2/internet-gateway.ts";
import { natGateway } from "../../kinds/ec2/nat-gateway.ts";
import { routeTable } from "../../kinds/ec2/route-table.ts";
import { subnet } from "../../kinds/ec2/subnet.ts";
import { vpc as vpcKind } from "../../kinds/ec2/vpc.ts";
import type { RetailVariables } from "../../variables/index.ts";
import type { Place } from "../place.ts";
import { natGatewayCost } from "../prices.ts";

/** What later stages need of this one. */
export interface Network {
  readonly vpcId: Ref<string>;
  readonly publicSubnets: readonly Ref<string>[];
  readonly privateSubnets: readonly Ref<string>[];
  /** What must be there before the internet reaches anything. */
  readonly entrance: AnyTask;
  /** What must be there before tasks reach the internet. */
  readonly ways: readonly AnyTask[];
}

/** A zone with its two subnets. */
interface Zone {
  /** Its letter. */
  readonly letter: string;
  readonly publicSubnet: Ref<string>;
  readonly privateSubnet: Ref<string>;
}

/** The network: a VPC whose public subnets the internet reaches, and whose private ones reach the internet over NAT gateways. */
export function network({ network: settings }: RetailVariables, { region }: Place): Stage & { readonly made: Network } {
  const { name, cidr } = settings.vpc;
  const vpc = task("vpc", `VPC ${name}`, vpcKind, { name, cidr });
  const vpcId = vpc.out((found) => found.vpcId);

  const gateway = task("internet-gateway", `internet gateway ${name}`, internetGateway, { name, vpcId });

  const subnetIn = (side: "public" | "private", letter: string, range: string) => {
    const own = { name: `${name}-${side}-${letter}`, cidr: range, zone: `${region}${letter}` };
    const publicAddresses = side === "public";
    return task(`${side}-subnet-${letter}`, `subnet ${own.name}`, subnet, { ...own, vpcId, publicAddresses });
  };
  const subnets = settings.zones.map((zone) => ({
    letter: zone.zone,
    open: subnetIn("public", zone.zone, zone.public),
    closed: subnetIn("private", zone.zone, zone.private),
  }));
  const zones = subnets.map(({ letter, open, closed }) => ({
    letter,
    publicSubnet: open.out(({ subnetId }) => subnetId),
    privateSubnet: closed.out(({ subnetId }) => subnetId),
  }));

  const publicRoutes = task("public-routes", `route table ${name}-public`, routeTable, {
    name: `${name}-public`,
    vpcId,
    way: gateway.out(({ gatewayId }) => gatewayId),
    subnets: zones.map(({ publicSubnet }) => publicSubnet),
  });

  const ways = waysOut(name, vpcId, groupsOf(settings.nat, zones), publicRoutes);
  const gateways = ways.filter(({ kind }) => kind === natGateway).length;
  return {
    made: {
      vpcId,
      publicSubnets: zones.map(({ publicSubnet }) => publicSubnet),
      privateSubnets: zones.map(({ privateSubnet }) => privateSubnet),
      entrance: publicRoutes,
      ways: gateways === 0 ? [publicRoutes] : ways,
    },
    name: "network",
    title: "NETWORK: a VPC with public and private subnets",
    tasks: [
      vpc,
      gateway,
      ...subnets.map(({ open }) => open),
      publicRoutes,
      ...subnets.map(({ closed }) => closed),
      ...ways,
    ],
    outputs: { vpc: vpcId },
    costs: gateways === 0 ? [] : [natGatewayCost(`NAT of ${name}`, gateways)],
  };
}

/** The zones whose private subnets share a way to the internet, each group by the zone that its NAT gateway is in. */
function groupsOf(nat: RetailVariables["network"]["nat"], zones: readonly Zone[]): (readonly Zone[])[] {
  if (nat === "none") return [];
  return nat === "one" ? [zones] : zones.map((zone) => [zone]);
}

/** For each group of zones an address, a NAT gateway that has it, and the routes that lead there. */
function waysOut(
  name: string,
  vpcId: Ref<string>,
  groups: readonly (readonly Zone[])[],
  publicRoutes: AnyTask,
): AnyTask[] {
  return groups.flatMap((zones) => {
    const [home] = zones;
    if (!home) return [];
    const { letter } = home;
    const called = `${name}-nat-${letter}`;
    const address = task(`nat-address-${letter}`, `elastic IP ${called}`, elasticIp, { name: called });
    // It fails in a subnet that has no route to the internet.
    const gateway = task(
      `nat-gateway-${letter}`,
      `NAT gateway ${called}`,
      natGateway,
      {
        name: called,
        subnetId: home.publicSubnet,
        allocationId: address.out(({ allocationId }) => allocationId),
      },
      [publicRoutes],
    );
    const routes = task(`private-routes-${letter}`, `route table ${name}-private-${letter}`, routeTable, {
      name: `${name}-private-${letter}`,
      vpcId,
      way: gateway.out(({ gatewayId }) => gatewayId),
      subnets: zones.map(({ privateSubnet }) => privateSubnet),
    });
    return [address, gateway, routes];
  });
}
