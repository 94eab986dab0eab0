import { join } from "node:path";
import type {
  AccessLogConfig,
  BalancerConfig,
  GroupConfig,
  ListenerConfig,
  Minutes,
  Place,
  TargetConfig,
  TlsConfig,
} from "../plane/balancer.ts";
import { SSL_POLICIES } from "../world/catalogue/ssl-policies.ts";
import { hostOf } from "../world/ec2/interface-of.ts";
import { type End, letsClientsIn, letsIn, letsOut } from "../world/ec2/may-connect.ts";
import { certificatesOf } from "../world/elbv2/listener-certificates.ts";
import { type Listener, type LoadBalancer, type Target, type TargetGroup, targetKey } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";
import { rulesOf } from "./listener-rules.ts";
import { interfacesOf } from "./load-balancers.ts";

/** Where a published port of an instance's machine answers on this computer; undefined: nobody has the port. */
export type Reach = (region: Region, instanceId: string, hostPort: number) => Place | undefined;

const MINUTE = 60_000;
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

/** What the load balancers of all regions serve by. @param logs folder of their access logs; absent: there are none */
export function configOf(world: World, reach: Reach, logs: string | undefined): BalancerConfig {
  const regions = world.regions();
  return {
    listeners: regions.flatMap((region) =>
      region.elbv2.listeners.all().flatMap((one) => listenerIn(world, region, one, logs)),
    ),
    groups: regions.flatMap((region) => region.elbv2.targetGroups.all().map((one) => groupIn(region, one, reach))),
    minutes: minutesOf(world),
  };
}

function minutesOf({ clock }: World): Minutes | undefined {
  const [since, next] = [0, MINUTE].map((time) => clock.realTimeOf(new Date(time)));
  return since === undefined || next === undefined ? undefined : { since, each: next - since };
}

/** As metrics and logs name a load balancer: `app/NAME/ID`. */
export function shortName(loadBalancerArn: string): string {
  return loadBalancerArn.replace(/^.*:loadbalancer\//, "");
}

/** None: no client gets to it, or it has no certificate yet. */
function listenerIn(world: World, region: Region, listener: Listener, logs: string | undefined): ListenerConfig[] {
  const { ListenerArn, LoadBalancerArn, Protocol, Port, hidden } = listener;
  const balancer = region.elbv2.loadBalancers.get(LoadBalancerArn);
  if (balancer?.State.Code !== "active" || !letsClientsIn(region, endOf(region, balancer), Port)) return [];
  const { attributes } = balancer.hidden;
  const isHttp2 = attributes["routing.http2.enabled"] !== "false";
  const tls = Protocol === "HTTPS" ? tlsOf(region, listener, isHttp2) : undefined;
  if (tls?.certificates.length === 0) return [];
  const accessLog = logs === undefined ? undefined : accessLogOf(world, region, balancer, logs);
  return [
    {
      id: ListenerArn,
      loadBalancer: shortName(LoadBalancerArn),
      protocol: tls ? "HTTPS" : "HTTP",
      port: Port,
      address: LOCALHOST,
      ports: [...(hidden.local ? [hidden.local.port] : []), Port, (Port + UNPRIVILEGED) % 65536, 0],
      rules: rulesOf(region, listener),
      idleTimeout: 1000 * Number(attributes["idle_timeout.timeout_seconds"] ?? USUAL_IDLE_SECONDS),
      ...(tls && { tls }),
      ...(accessLog && { accessLog }),
    },
  ];
}

/** In a folder that stands for the bucket, named as AWS names its files there. ("Access log files") */
function accessLogOf(
  { account }: World,
  { name: region }: Region,
  { LoadBalancerArn, hidden: { attributes } }: LoadBalancer,
  logs: string,
): AccessLogConfig | undefined {
  if (attributes["access_logs.s3.enabled"] !== "true") return undefined;
  const place = `${attributes["access_logs.s3.bucket"] ?? ""}/${attributes["access_logs.s3.prefix"] ?? ""}`;
  // It stays in the folder, whatever the names are.
  const bucket = place.split("/").filter((part) => !["", ".", ".."].includes(part));
  return {
    folder: join(logs, ...bucket, "AWSLogs", account, "elasticloadbalancing", region),
    name: `${account}_elasticloadbalancing_${region}_${shortName(LoadBalancerArn).replaceAll("/", ".")}`,
  };
}

function tlsOf({ acm }: Region, listener: Listener, http2: boolean): TlsConfig {
  const certificates = certificatesOf(listener).flatMap((arn) => {
    const { DomainName = "", SubjectAlternativeNames = [], hidden: content } = acm.certificates.get(arn) ?? {};
    const { pem, here } = content ?? {};
    return [
      ...(pem ? [{ id: arn, names: [DomainName, ...SubjectAlternativeNames], ...keyAndChain(pem) }] : []),
      ...(here ? [{ id: `${arn} here`, names: here.names, ...keyAndChain(here) }] : []),
    ];
  });
  return { versions: SSL_POLICIES[listener.SslPolicy ?? ""] ?? ["TLSv1.2", "TLSv1.3"], certificates, http2 };
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
  const address = `${addressOf(region, group, target)}:${target.Port}`;
  return [{ id: targetKey(target), address, state, place: placeOf(region, group, target, target.Port, reach) }];
}

/** The address of a target in its VPC. */
export function addressOf({ ec2 }: Region, { TargetType }: TargetGroup, { Id }: Pick<Target, "Id">): string {
  if (TargetType !== "instance") return Id;
  return ec2.networkInterfaces.find(({ Attachment }) => Attachment?.InstanceId === Id)?.PrivateIpAddress ?? Id;
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
  return reach(region, hostOf(to) ?? "", port) ?? "refused";
}

function endOf(region: Region, { LoadBalancerArn, SecurityGroups }: LoadBalancer): End {
  const addresses = interfacesOf(region, LoadBalancerArn).map(({ PrivateIpAddress }) => PrivateIpAddress);
  return { groups: SecurityGroups, addresses };
}

function keyAndChain({ key, certificate, chain }: { key: string; certificate: string; chain: string }) {
  return { key, chain: `${certificate}${chain}` };
}
