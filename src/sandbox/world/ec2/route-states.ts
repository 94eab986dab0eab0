import type { RouteTable } from "../records.ts";
import type { Region } from "../world.ts";

/**
 * Whether routes lead somewhere: `blackhole` where what they name is gone or not attached to the VPC. (EC2 API reference, "Route":
 * State)
 */
export function setRouteState(
  { ec2 }: Region,
  isMeant: (route: RouteTable["Routes"][number]) => boolean,
  State: "active" | "blackhole",
): void {
  for (const table of ec2.routeTables.filter(({ Routes }) => Routes.some(isMeant))) {
    ec2.routeTables.put({ ...table, Routes: table.Routes.map((one) => (isMeant(one) ? { ...one, State } : one)) });
  }
}
