import {
  CreateListenerCommand,
  DeleteListenerCommand,
  type Listener as ElbListener,
  ModifyListenerCommand,
  paginateDescribeListeners,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { addTags, keepTags, tagsOf } from "../../aws/load-balancing-tags.ts";
import { type Tags, toTagList } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Kind } from "../../engine/task.ts";

/** A listener that forwards everything to one target group. A load balancer has one per port. */
export interface ListenerDesired {
  /** ARN. */
  readonly loadBalancer: string;
  readonly port: number;
  readonly protocol: "HTTP" | "HTTPS";
  /** ARN. */
  readonly targetGroup: string;
  /** ARN of an issued certificate; for HTTPS, and only there. */
  readonly certificate?: string | undefined;
  /** For HTTPS, and only there. Default: what AWS chose. */
  readonly sslPolicy?: string | undefined;
}

/** A listener as AWS has it. */
export interface Listener {
  readonly arn: string;
  readonly port: number;
  readonly protocol: string;
  /** ARN; absent: it does something else than forward to one target group. */
  readonly targetGroup?: string;
  /** ARN. */
  readonly certificate?: string;
  readonly sslPolicy?: string;
  readonly tags: Tags;
}

/** A listener of a load balancer. Without one its target group belongs to no load balancer, which ECS refuses. */
export const listener: Kind<ListenerDesired, Listener, Aws> = {
  type: "elbv2.listener",
  async find(aws, { loadBalancer, port }) {
    const listeners = await listenersOf(aws, loadBalancer);
    const found = listeners.find(({ Port }) => Port === port);
    if (!found?.ListenerArn) return undefined;
    // Of all of them: the task of another one needs them too.
    const arns = listeners.flatMap(({ ListenerArn }) => ListenerArn ?? []);
    const tags = (await tagsOf(aws, arns)).get(found.ListenerArn);
    return tags && fromAws(found, tags);
  },
  diff(desired, actual) {
    const { protocol, targetGroup, certificate, sslPolicy = actual.sslPolicy } = desired;
    return [
      ...change("protocol", actual.protocol, protocol),
      ...change("targetGroup", actual.targetGroup, targetGroup),
      // An HTTP listener has neither: they go with the protocol.
      ...(protocol === "HTTPS" ? change("certificate", actual.certificate, certificate) : []),
      ...(protocol === "HTTPS" ? change("sslPolicy", actual.sslPolicy, sslPolicy) : []),
    ];
  },
  async create({ elbv2, shared, ownership }, desired) {
    const request = { LoadBalancerArn: desired.loadBalancer, ...toAws(desired), Tags: toTagList(ownership) };
    const { Listeners: [made] = [] } = await elbv2.send(new CreateListenerCommand(request));
    if (!made?.ListenerArn) return undefined;
    keepTags(shared, made.ListenerArn, ownership);
    return fromAws(made, ownership);
  },
  async update({ elbv2 }, desired, { arn: ListenerArn }) {
    await elbv2.send(new ModifyListenerCommand({ ListenerArn, ...toAws(desired) }));
  },
  async remove({ elbv2 }, { arn }) {
    await elbv2.send(new DeleteListenerCommand({ ListenerArn: arn }));
  },
  tags: ({ tags }) => tags,
  adopt: (aws, { arn }, tags) => addTags(aws, arn, tags),
  describe: ({ protocol, port }) => `${protocol} ${port}`,
  goneAtOnce: true,
  limits: { usually: 1, ready: 120, gone: 120 },
};

function fromAws(found: ElbListener, tags: Tags): Listener {
  const { TargetGroupArn } = found.DefaultActions?.[0] ?? {};
  const { CertificateArn } = found.Certificates?.[0] ?? {};
  return {
    arn: found.ListenerArn ?? "",
    port: found.Port ?? 0,
    protocol: found.Protocol ?? "",
    ...(TargetGroupArn && { targetGroup: TargetGroupArn }),
    ...(CertificateArn && { certificate: CertificateArn }),
    ...(found.SslPolicy && { sslPolicy: found.SslPolicy }),
    tags,
  };
}

function listenersOf({ elbv2, shared }: Aws, LoadBalancerArn: string): Promise<ElbListener[]> {
  return shared.read(`elbv2 listeners of ${LoadBalancerArn}`, async () => {
    const listeners: ElbListener[] = [];
    try {
      for await (const page of paginateDescribeListeners({ client: elbv2 }, { LoadBalancerArn })) {
        listeners.push(...(page.Listeners ?? []));
      }
    } catch (error) {
      if (!isCode(error, "LoadBalancerNotFound")) throw error;
    }
    return listeners;
  });
}

function toAws({ port, protocol, targetGroup, certificate, sslPolicy }: ListenerDesired) {
  return {
    Port: port,
    Protocol: protocol,
    DefaultActions: [{ Type: "forward" as const, TargetGroupArn: targetGroup }],
    ...(certificate !== undefined && { Certificates: [{ CertificateArn: certificate }] }),
    ...(sslPolicy !== undefined && { SslPolicy: sslPolicy }),
  };
}
