import { ListCertificatesCommand } from "@aws-sdk/client-acm";
import { expect, it } from "vitest";
import { type AnyTask, type Stack, task } from "../../../src/engine/task.ts";
import { certificate, validationRecord } from "../../../src/kinds/acm/certificate.ts";
import { issuedCertificate } from "../../../src/kinds/acm/issued-certificate.ts";
import { listener } from "../../../src/kinds/elbv2/listener.ts";
import { hostedZone } from "../../../src/kinds/route53/hosted-zone.ts";
import { record } from "../../../src/kinds/route53/record.ts";
import { everything } from "../../support/everything.ts";
import { clientsOf, createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { balancedStack } from "../elbv2/stack.ts";

/** A load balancer that serves a domain's www host by HTTPS. */
function httpsStack(): Stack {
  const balanced = balancedStack().stages[0]?.tasks.filter(({ id }) => id !== "https-listener") ?? [];
  const find = (id: string): AnyTask => {
    const found = balanced.find((one) => one.id === id);
    if (!found) throw new Error(`no task ${id}`);
    return found;
  };
  const balancer = find("load-balancer");
  const host = "www.bia.test";
  const zone = task("zone", "hosted zone bia.test", hostedZone, { name: "bia.test", comment: "" });
  const zoneId = zone.out(({ id }) => id);
  const requested = task("certificate", `certificate ${host}`, certificate, { domainName: host, alternativeNames: [] });
  const validation = task("validation", `validation record of ${host}`, record, {
    zoneId,
    name: requested.out((one) => validationRecord(one, host).name),
    type: "CNAME",
    ttl: 300,
    values: [requested.out((one) => validationRecord(one, host).value)],
  });
  const arn = requested.out((one) => one.arn);
  const nameServers = zone.out((one) => one.nameServers);
  const issued = task("issued", `certificate ${host} issued`, issuedCertificate, { arn, nameServers }, [validation]);
  const alias = {
    hostedZoneId: balancer.early((one) => one.hostedZoneId as string),
    dnsName: balancer.early((one) => one.dnsName as string),
  };
  const www = task("www", `record ${host}`, record, { zoneId, name: host, type: "A", alias });
  const https = task(
    "https",
    "listener HTTPS 443",
    listener,
    {
      loadBalancer: balancer.early((one) => one.arn as string),
      targetGroup: find("target-group").out((one) => one.arn as string),
      port: 443,
      protocol: "HTTPS",
      certificate: arn,
    },
    [issued],
  );
  const tasks = [...balanced, zone, requested, validation, issued, www, https];
  return { name: "bia", stages: [{ name: "1", title: "https", tasks, outputs: {}, costs: [] }] };
}

it("trap 7: an HTTPS listener waits until its certificate is issued, and the certificate goes after the listener", async () => {
  const stack = httpsStack();
  const sandbox = await sandboxForTest({ delays: "real", speed: 400, throttling: false });
  const before = await everything(sandbox);
  const created = await createOn(sandbox, { stack });
  expect(created.tasks.filter(({ error }) => error)).toEqual([]);
  expect(JSON.stringify(created.events)).not.toContain("UnsupportedCertificate");
  expect(new Set(Object.values(verdicts(await planOn(sandbox, { stack }))))).toEqual(new Set(["unchanged"]));
  // Only what something uses is renewed by itself (acm:DescribeCertificate, RenewalEligibility).
  const listed = await clientsOf(sandbox).acm.send(new ListCertificatesCommand({}));
  expect(listed.CertificateSummaryList).toMatchObject([{ InUse: true, RenewalEligibility: "ELIGIBLE" }]);
  const destroyed = await destroyOn(sandbox, { stack });
  expect(destroyed.tasks.filter(({ error }) => error)).toEqual([]);
  expect(await everything(sandbox)).toEqual(before);
}, 30_000);
