import {
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  ListCertificatesCommand,
  RequestCertificateCommand,
} from "@aws-sdk/client-acm";
import { describe, expect, it } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import { type Stack, task } from "../../../src/engine/task.ts";
import { certificate, validationRecord } from "../../../src/kinds/acm/certificate.ts";
import { issuedCertificate } from "../../../src/kinds/acm/issued-certificate.ts";
import { hostedZone } from "../../../src/kinds/route53/hosted-zone.ts";
import { record } from "../../../src/kinds/route53/record.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { everything } from "../../support/everything.ts";
import { createOn, destroyOn, planOn, verdicts } from "../../support/runs.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { describeContract } from "../contract.ts";
import { recordSet, somebody } from "../route53/domain.ts";

/** A zone, a certificate for its www host, the record that proves the domain, and the wait for ACM. */
function stackOf(domain = "bia.test", alternativeNames: readonly string[] = []): Stack {
  const domainName = `www.${domain}`;
  const zone = task("zone", `hosted zone ${domain}`, hostedZone, { name: domain, comment: "" });
  const requested = task("certificate", `certificate ${domainName}`, certificate, { domainName, alternativeNames });
  const validation = task("validation", `validation record of ${domainName}`, record, {
    zoneId: zone.out(({ id }) => id),
    name: requested.out((one) => validationRecord(one, domainName).name),
    type: "CNAME",
    ttl: 300,
    values: [requested.out((one) => validationRecord(one, domainName).value)],
  });
  const issued = task(
    "issued",
    `certificate ${domainName} issued`,
    issuedCertificate,
    { arn: requested.out(({ arn }) => arn), nameServers: zone.out(({ nameServers }) => nameServers) },
    [validation],
  );
  const tasks = [zone, requested, validation, issued];
  return { name: "bia", stages: [{ name: "1", title: "domain", tasks, outputs: {}, costs: [] }] };
}

const stack = stackOf();
const acmTable = ({ world }: RunningSandbox) => world.region("us-east-1").acm.certificates;

describeContract({ task: "certificate", stack, drifts: {} });
describeContract({ task: "validation", stack, drifts: {} });

describe("a certificate", () => {
  it("is requested, proved and issued, and leaves nothing behind", async () => {
    const sandbox = await sandboxForTest({ delays: "real", speed: 200 });
    const before = await everything(sandbox);
    const created = await createOn(sandbox, { stack });
    expect(created.failed).toBe(false);
    expect(created.tasks.at(-1)).toMatchObject({ id: "issued", detail: expect.stringMatching(/^valid until \d{4}-/) });
    const again = await createOn(sandbox, { stack });
    expect(new Set(Object.values(verdicts(again)))).toEqual(new Set(["unchanged"]));
    expect(again.calls.changing).toBe(0);
    expect((await destroyOn(sandbox, { stack })).failed).toBe(false);
    expect(await everything(sandbox)).toEqual(before);
  });

  it("is planned with its record although ACM has not named that one yet, and destroyed then", async () => {
    const sandbox = await sandboxForTest({ delays: "real", speed: "manual" });
    await somebody(sandbox).aws.acm.send(
      new RequestCertificateCommand({
        DomainName: "www.bia.test",
        ValidationMethod: "DNS",
        Tags: [{ Key: "bia-infra:stack", Value: "bia" }],
      }),
    );
    const planned = await planOn(sandbox, { stack });
    expect(verdicts(planned)).toMatchObject({ certificate: "unchanged", validation: "create" });
    expect(JSON.stringify(planned.events)).toContain("ACM has not named the validation record yet");
    expect(verdicts(await destroyOn(sandbox, { stack }))).toMatchObject({
      certificate: "remove",
      validation: "absent",
    });
  });

  it("that hangs because the domain is not delegated says which name servers to enter at the registrar", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    // No record resolves in a world whose zone is not known to anybody.
    sandbox.world.faults.set([
      { operation: "route53:ChangeResourceRecordSets", effect: { error: { code: "AccessDenied", status: 403 } } },
    ]);
    const own = stackOf("bia.com.br");
    await createOn(sandbox, { stack: own });
    const { tasks } = await planOn(sandbox, { stack: own });
    expect(tasks.at(-1)).toMatchObject({ id: "issued", verdict: "unchanged" });
    const { events } = await planOn(sandbox, { stack: own });
    const done = events.filter(({ type }) => type === "done").at(-1);
    expect(done).toMatchObject({
      task: "issued",
      detail: expect.stringMatching(/registro\.br\), must be ns-\d+\.awsdns.*ns-\d+/),
    });
  });

  it("that failed says why and what to do, and is requested anew by the next create", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { zone, change } = somebody(sandbox);
    await zone();
    await change(["CREATE", recordSet("bia.test", "CAA", '0 issue "letsencrypt.org"')]);
    const failed = await createOn(sandbox, { stack });
    expect(failed.tasks.find(({ id }) => id === "issued")?.error).toMatchObject({
      why: "FAILED: CAA_ERROR, a CAA record of the domain forbids Amazon to issue for it",
      next: expect.stringMatching(/^Add a CAA record that allows amazon.com.*run the same command again/),
    });
    await change(["UPSERT", recordSet("bia.test", "CAA", '0 issue "amazon.com"')]);
    const [first] = acmTable(sandbox).all();
    expect(verdicts(await planOn(sandbox, { stack }))).toMatchObject({ certificate: "create" });
    expect((await createOn(sandbox, { stack })).failed).toBe(false);
    const [second, ...others] = acmTable(sandbox).all();
    expect(second?.Status).toBe("ISSUED");
    expect(second?.CertificateArn).not.toBe(first?.CertificateArn);
    expect(others).toEqual([]);
  });

  it("that nobody proved in 72 hours is requested anew, too", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack, only: "certificate" });
    const arn = acmTable(sandbox).all()[0]?.CertificateArn ?? "";
    acmTable(sandbox).update(arn, (draft) => {
      draft.Status = "VALIDATION_TIMED_OUT";
    });
    expect((await createOn(sandbox, { stack })).failed).toBe(false);
    expect(acmTable(sandbox).get(arn)).toBeUndefined();
  });

  it("is requested once although the answer to the request was lost", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    sandbox.world.faults.set([{ operation: "acm:RequestCertificate", nth: 1, effect: "drop" }]);
    expect((await createOn(sandbox, { stack })).failed).toBe(false);
    expect(acmTable(sandbox).all()).toHaveLength(1);
  });

  it("is made anew right after it was destroyed, while ACM remembers the first request", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    for (let round = 0; round < 2; round++) {
      expect((await createOn(sandbox, { stack })).failed).toBe(false);
      expect((await destroyOn(sandbox, { stack })).failed).toBe(false);
    }
    expect(acmTable(sandbox).all()).toEqual([]);
  });

  it("goes with all that this stack has requested for the domain", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    const { acm } = somebody(sandbox).aws;
    const Tags = [{ Key: "bia-infra:stack", Value: "bia" }];
    await acm.send(new RequestCertificateCommand({ DomainName: "www.bia.test", ValidationMethod: "DNS", Tags }));
    expect((await destroyOn(sandbox, { stack })).failed).toBe(false);
    expect(acmTable(sandbox).all()).toEqual([]);
  });

  it("goes without those that others have requested for the domain", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const { acm } = somebody(sandbox).aws;
    const request = () =>
      acm.send(new RequestCertificateCommand({ DomainName: "www.bia.test", ValidationMethod: "DNS" }));
    const theirs = [(await request()).CertificateArn];
    await createOn(sandbox, { stack });
    theirs.push((await request()).CertificateArn);
    expect((await destroyOn(sandbox, { stack })).failed).toBe(false);
    const left = acmTable(sandbox).all();
    expect(left.map(({ CertificateArn }) => CertificateArn).sort()).toEqual(theirs.sort());
  });

  it("whose record outlived it leaves nothing behind, because the record is known by its mark", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    const before = await everything(sandbox);
    await createOn(sandbox, { stack });
    const { acm } = somebody(sandbox).aws;
    await acm.send(new DeleteCertificateCommand({ CertificateArn: acmTable(sandbox).all()[0]?.CertificateArn }));
    const destroyed = await destroyOn(sandbox, { stack });
    expect(verdicts(destroyed)).toEqual({ zone: "remove", certificate: "absent", validation: "remove" });
    expect(await everything(sandbox)).toEqual(before);
  });

  it("cannot cover other names than it was requested for", async () => {
    const sandbox = await sandboxForTest({ delays: "none" });
    await createOn(sandbox, { stack });
    const [, planned] = (await planOn(sandbox, { stack: stackOf("bia.test", ["bia.test"]) })).tasks;
    expect(planned?.changes).toEqual([
      { field: "names", from: "www.bia.test", to: "bia.test, www.bia.test", needsReplacement: true },
    ]);
  });

  describe("of somebody else", () => {
    async function foreign(sandbox: RunningSandbox, aws: AwsClients): Promise<string> {
      const request = new RequestCertificateCommand({ DomainName: "www.bia.test", ValidationMethod: "DNS" });
      const { CertificateArn = "" } = await aws.acm.send(request);
      acmTable(sandbox).update(CertificateArn, (draft) => {
        draft.Status = "ISSUED";
      });
      return CertificateArn;
    }

    it("is used if it is issued, and survives a destroy", async () => {
      const sandbox = await sandboxForTest({ delays: "none" });
      const arn = await foreign(sandbox, somebody(sandbox).aws);
      expect(verdicts(await createOn(sandbox, { stack }))).toMatchObject({
        certificate: "foreign",
        issued: "unchanged",
      });
      expect(verdicts(await destroyOn(sandbox, { stack }))).toMatchObject({ certificate: "foreign" });
      expect(acmTable(sandbox).all()).toMatchObject([{ CertificateArn: arn }]);
    });

    it("is taken over with --adopt", async () => {
      const sandbox = await sandboxForTest({ delays: "none" });
      await foreign(sandbox, somebody(sandbox).aws);
      const adopted = await createOn(sandbox, { stack, adopt: true, only: "certificate" });
      expect(verdicts(adopted)).toMatchObject({ certificate: "update" });
      expect(verdicts(await destroyOn(sandbox, { stack }))).toMatchObject({ certificate: "remove" });
    });

    it.each(["FAILED", "VALIDATION_TIMED_OUT"] as const)(
      "is left alone if it is %s, by create and destroy",
      async (status) => {
        const sandbox = await sandboxForTest({ delays: "none" });
        const arn = await foreign(sandbox, somebody(sandbox).aws);
        acmTable(sandbox).update(arn, (draft) => {
          draft.Status = status;
        });
        const arns = () =>
          acmTable(sandbox)
            .all()
            .map(({ CertificateArn }) => CertificateArn);
        expect(verdicts(await createOn(sandbox, { stack, only: "certificate" }))).toEqual({ certificate: "create" });
        expect(arns()).toContain(arn);
        await destroyOn(sandbox, { stack });
        expect(arns()).toEqual([arn]);
      },
    );

    it("is no obstacle if it is not issued or covers less: then there are two", async () => {
      const sandbox = await sandboxForTest({ delays: "none" });
      const { aws } = somebody(sandbox);
      const arn = await foreign(sandbox, aws);
      acmTable(sandbox).update(arn, (draft) => {
        draft.Status = "PENDING_VALIDATION";
      });
      expect(verdicts(await createOn(sandbox, { stack, only: "certificate" }))).toEqual({ certificate: "create" });
      const Tags = [{ Key: "owner", Value: "somebody" }];
      await aws.acm.send(new AddTagsToCertificateCommand({ CertificateArn: arn, Tags }));
      await destroyOn(sandbox, { stack });
      const { CertificateSummaryList } = await aws.acm.send(new ListCertificatesCommand({}));
      expect(CertificateSummaryList).toMatchObject([{ CertificateArn: arn }]);
    });
  });

  it("that a listener still uses is deleted once AWS lets go of it, and says what holds it", async () => {
    const sandbox = await sandboxForTest({ delays: "none", speed: 100 });
    await createOn(sandbox, { stack });
    const { listeners } = sandbox.world.region("us-east-1").elbv2;
    const LoadBalancerArn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/bia-alb/1";
    const CertificateArn = acmTable(sandbox).all()[0]?.CertificateArn ?? "";
    listeners.put({
      ListenerArn: "listener",
      LoadBalancerArn,
      Port: 443,
      Protocol: "HTTPS",
      Certificates: [{ CertificateArn }],
      DefaultActions: [],
      hidden: { defaultRule: "", tags: [] },
    });
    sandbox.world.clock.after(30_000, () => listeners.delete("listener"));
    const destroyed = await destroyOn(sandbox, { stack });
    expect(destroyed.failed).toBe(false);
    expect(JSON.stringify(destroyed.events)).toMatch(/ResourceInUseException[^"]*app\/bia-alb\/1/);
  });
});
