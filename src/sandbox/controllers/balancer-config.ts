import type {
  ActionConfig,
  BalancerConfig,
  GroupConfig,
  ListenerConfig,
  Place,
  TargetConfig,
} from "../plane/balancer.ts";
import { type End, letsClientsIn, letsIn, letsOut } from "../world/ec2/may-connect.ts";
import { type Listener, type LoadBalancer, type Target, type TargetGroup, targetKey } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { interfacesOf } from "./load-balancers.ts";

/** Where a published port of an instance's machine answers on this computer; undefined: nobody has the port. */
export type Reach = (region: Region, instanceId: string, hostPort: number) => Place | undefined;

const LOCALHOST = "127.0.0.1";
const USUAL_IDLE_SECONDS = "60";

/** Added to a listener's port where that is not to be had: 80 becomes 8080, 443 becomes 8443. */
const UNPRIVILEGED = 8000;

/** What a target's health means for requests: one that is looked at for the first time is as good as one that is not healthy. */
const STATES: Readonly<Record<string, TargetConfig["state"]>> = {
  healthy: "healthy",
  unhealthy: "unhealthy",
  initial: "unhealthy",
  draining: "draining",
};

/** What the load balancers of all regions serve by. */
export function configOf(world: World, reach: Reach): BalancerConfig {
  const regions = world.regions();
  return {
    listeners: regions.flatMap((region) => region.elbv2.listeners.all().flatMap((one) => listenerIn(region, one))),
    groups: regions.flatMap((region) => region.elbv2.targetGroups.all().map((one) => groupIn(region, one, reach))),
  };
}

/** As metrics and logs name a load balancer: `app/NAME/ID`. */
export function shortName(loadBalancerArn: string): string {
  return loadBalancerArn.replace(/^.*:loadbalancer\//, "");
}

/** None: no client gets to it. */
function listenerIn(region: Region, listener: Listener): ListenerConfig[] {
  const { ListenerArn, LoadBalancerArn, Protocol, Port, DefaultActions, hidden } = listener;
  const balancer = region.elbv2.loadBalancers.get(LoadBalancerArn);
  if (balancer?.State.Code !== "active" || !letsClientsIn(region, endOf(region, balancer), Port)) return [];
  if (Protocol !== "HTTP") return [];
  const attributes = balancer.hidden.attributes;
  return [
    {
      id: ListenerArn,
      loadBalancer: shortName(LoadBalancerArn),
      protocol: Protocol,
      port: Port,
      address: LOCALHOST,
      ports: [...(hidden.local ? [hidden.local.port] : []), Port, (Port + UNPRIVILEGED) % 65536, 0],
      action: actionOf(DefaultActions),
      idleTimeout: 1000 * Number(attributes["idle_timeout.timeout_seconds"] ?? USUAL_IDLE_SECONDS),
    },
  ];
}

function actionOf([action]: Listener["DefaultActions"]): ActionConfig {
  const groups = action?.ForwardConfig?.TargetGroups ?? [];
  return {
    type: "forward",
    groups: groups.map(({ TargetGroupArn = "", Weight = 1 }) => ({ id: TargetGroupArn, weight: Weight })),
  };
}

function groupIn(region: Region, group: TargetGroup, reach: Reach): GroupConfig {
  const targets = region.elbv2.targets.filter(({ TargetGroupArn }) => TargetGroupArn === group.TargetGroupArn);
  return {
    id: group.TargetGroupArn,
    protocol: group.Protocol === "HTTPS" ? "HTTPS" : "HTTP",
    targets: targets.flatMap((target) => targetIn(region, group, target, reach)),
  };
}

/** None: it is not used, or not ready to be. */
function targetIn(region: Region, group: TargetGroup, target: Target, reach: Reach): TargetConfig[] {
  const state = STATES[target.hidden.health?.State ?? "unused"];
  if (!state) return [];
  return [{ id: targetKey(target), state, place: placeOf(region, group, target, target.Port, reach) }];
}

/** Where a port of a target answers its group's load balancer. */
export function placeOf(
  region: Region,
  group: TargetGroup,
  target: Pick<Target, "Id">,
  port: number,
  reach: Reach,
): TargetConfig["place"] {
  const [balancer] = group.LoadBalancerArns.flatMap((arn) => region.elbv2.loadBalancers.get(arn) ?? []);
  const to = region.ec2.networkInterfaces.find(({ Attachment, PrivateIpAddress }) =>
    group.TargetType === "instance" ? Attachment?.InstanceId === target.Id : PrivateIpAddress === target.Id,
  );
  if (!balancer || !to) return "blocked";
  const from = endOf(region, balancer);
  const end = { groups: to.Groups.map(({ GroupId = "" }) => GroupId), addresses: [to.PrivateIpAddress] };
  if (!letsOut(region, from, end, port) || !letsIn(region, from, end, port)) return "blocked";
  return reach(region, to.Attachment?.InstanceId ?? "", port) ?? "refused";
}

function endOf(region: Region, { LoadBalancerArn, SecurityGroups }: LoadBalancer): End {
  const addresses = interfacesOf(region, LoadBalancerArn).map(({ PrivateIpAddress }) => PrivateIpAddress);
  return { groups: SecurityGroups, addresses };
}
