import { type Ref, task } from "../../engine/task.ts";
import { certificate } from "../../kinds/acm/certificate.ts";
import { issuedCertificate } from "../../kinds/acm/issued-certificate.ts";
import { listener } from "../../kinds/elbv2/listener.ts";
import { hostedZone } from "../../kinds/route53/hosted-zone.ts";
import { record } from "../../kinds/route53/record.ts";
import type { Domain } from "./domain.ts";

/** TLS 1.2 and 1.3 (Elastic Load Balancing, "Security policies"). */
const SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06";

/** What the domain is to lead to. */
interface Destination {
  /** ARN. */
  readonly loadBalancer: Ref<string>;
  readonly dnsName: Ref<string>;
  /** ARN. */
  readonly targetGroup: Ref<string>;
  readonly port: number;
}

/** HTTPS on a domain of one's own: its zone, a certificate that the zone proves, the app's name, and the listener. */
export function httpsTasks({ name, host, ttl }: Domain, { loadBalancer, dnsName, targetGroup, port }: Destination) {
  const zone = task("hosted-zone", `hosted zone ${name}`, hostedZone, { name, comment: "bia" });
  const zoneId = zone.out(({ id }) => id);

  const requested = task("certificate", `certificate of ${host}`, certificate, {
    domainName: host,
    alternativeNames: [],
  });

  const validation = task("validation-record", `validation record of ${host}`, record, {
    zoneId,
    name: requested.early(({ validationRecords }) => validationRecords[0]?.name ?? ""),
    type: "CNAME",
    ttl,
    values: [requested.early(({ validationRecords }) => validationRecords[0]?.value ?? "")],
  });

  const issued = task(
    "certificate-issued",
    `certificate of ${host} issued`,
    issuedCertificate,
    { arn: requested.out(({ arn }) => arn), nameServers: zone.out(({ nameServers }) => nameServers) },
    [validation],
  );

  const address = task("www-record", `record ${host}`, record, {
    zoneId,
    name: host,
    type: "CNAME",
    ttl,
    values: [dnsName],
  });

  const https = task(
    "https-listener",
    `listener HTTPS ${port}`,
    listener,
    {
      loadBalancer,
      port,
      protocol: "HTTPS",
      targetGroup,
      certificate: requested.out(({ arn }) => arn),
      sslPolicy: SSL_POLICY,
    },
    [issued],
  );

  return { zone, requested, validation, issued, address, https };
}
