import { X509Certificate } from "node:crypto";
import type { DomainValidation } from "@aws-sdk/client-acm";
import type { Authorities } from "../plane/authorities.ts";
import type { KeyAlgorithm } from "../plane/certificate.ts";
import { certificatesOf } from "../world/elbv2/listener-certificates.ts";
import type { Certificate, ResourceRecordSet } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** ACM gives up when nobody has proved to own the domain by then. (ACM, "Troubleshoot certificate validation") */
const PATIENCE_MS = 72 * 3600 * 1000;
const DAY_MS = 24 * 3600 * 1000;
/** Public certificates of ACM are valid for about this long in 2026. */
const VALIDITY_MS = 198 * DAY_MS;
/** How long before their end those that something uses are made anew. (ACM, "Renew ACM public certificates") */
const RENEWAL_MS = 60 * DAY_MS;
/** Who may issue for a domain that has CAA records, in ACM's spellings. (ACM, "Configure a CAA record") */
const AMAZON = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];

/**
 * Issues certificates once their validation records can be resolved, renews them, and lets go of them after their
 * listeners. Every public hosted zone of the account counts as delegated: the world has no registrar.
 */
export function controlCertificates(world: World, authorities: Authorities): void {
  const looking = new Set<string>();

  /** Looks whether all domains are validated; if so, looks again when ACM would have issued. */
  function look(region: Region, { CertificateArn, Status, DomainValidationOptions }: Certificate): void {
    if (Status !== "PENDING_VALIDATION" || looking.has(CertificateArn)) return;
    if (!DomainValidationOptions.every((option) => isValidated(world, option))) return;
    looking.add(CertificateArn);
    world.at(world.later("certificate issued"), () => {
      looking.delete(CertificateArn);
      const certificate = region.acm.certificates.get(CertificateArn);
      if (certificate?.Status !== "PENDING_VALIDATION") return;
      if (certificate.DomainValidationOptions.every((option) => isValidated(world, option)))
        decide(region, certificate);
    });
  }

  function decide(region: Region, certificate: Certificate): void {
    const { CertificateArn, DomainValidationOptions } = certificate;
    const mayIssue = DomainValidationOptions.every(({ DomainName = "" }) => amazonMayIssueFor(world, DomainName));
    if (mayIssue) issue(region, certificate);
    else {
      region.acm.certificates.update(CertificateArn, (draft) => {
        end(draft, "FAILED");
        draft.FailureReason = "CAA_ERROR";
      });
    }
  }

  /** Signs a certificate, a new one or one that is renewed. Making a key takes real time and none of the world's. */
  function issue(region: Region, certificate: Certificate): void {
    const signed = sign(region, certificate);
    world.clock.hold(signed);
    world.background(() => signed);
  }

  async function sign(region: Region, { CertificateArn, KeyAlgorithm, ...certificate }: Certificate): Promise<void> {
    const today = Math.floor(world.now().getTime() / DAY_MS) * DAY_MS;
    const until = new Date(today + VALIDITY_MS);
    // The world's clock may be ahead of that of those who will look at it.
    const from = new Date(Math.min(today, Date.now() - DAY_MS));
    const order = { names: certificate.SubjectAlternativeNames, from, until };
    const pem = await authorities.issue(order, KeyAlgorithm as KeyAlgorithm);
    const names = order.names.filter((name) => !name.endsWith(".localhost")).map((name) => `${name}.localhost`);
    const here = names.length > 0 ? { names, ...(await authorities.issue({ ...order, names })) } : undefined;
    const { serialNumber } = new X509Certificate(pem.certificate);
    region.acm.certificates.update(CertificateArn, (draft) => {
      if (draft.Status !== certificate.Status) return;
      draft.Status = "ISSUED";
      draft.IssuedAt ??= world.now();
      draft.NotBefore = new Date(today);
      draft.NotAfter = until;
      draft.Serial = serialNumber.toLowerCase().replace(/..(?!$)/g, "$&:");
      draft.SignatureAlgorithm = "SHA256WITHECDSA";
      draft.hidden.pem = pem;
      if (here) draft.hidden.here = here;
      for (const option of draft.DomainValidationOptions) option.ValidationStatus = "SUCCESS";
    });
  }

  /** Those that nothing uses, or whose records are gone, end one day. */
  function renewInTime(region: Region, { CertificateArn, NotAfter = world.now() }: Certificate): void {
    const current = () => {
      const now = region.acm.certificates.get(CertificateArn);
      return now?.Status === "ISSUED" && now.NotAfter?.getTime() === NotAfter.getTime() ? now : undefined;
    };
    world.at(new Date(NotAfter.getTime() - RENEWAL_MS), () => {
      const certificate = current();
      const isValid = certificate?.DomainValidationOptions.every((option) => isValidated(world, option));
      if (certificate && isValid && isUsed(region, certificate)) issue(region, certificate);
    });
    world.at(NotAfter, () => {
      const certificate = current();
      if (certificate) region.acm.certificates.put({ ...certificate, Status: "EXPIRED" });
    });
  }

  function giveUpInTime(region: Region, { CertificateArn, Status, CreatedAt }: Certificate): void {
    if (Status !== "PENDING_VALIDATION") return;
    world.at(new Date(CreatedAt.getTime() + PATIENCE_MS), () => {
      if (region.acm.certificates.get(CertificateArn)?.Status !== "PENDING_VALIDATION") return;
      region.acm.certificates.update(CertificateArn, (draft) => end(draft, "VALIDATION_TIMED_OUT"));
    });
  }

  function begin(region: Region, certificate: Certificate): void {
    giveUpInTime(region, certificate);
    look(region, certificate);
  }

  world.watch("acm", "certificates", (region, { before, after }) => {
    if (after && !before) begin(region, after);
    else if (after?.Status === "ISSUED" && after.Serial !== before?.Serial) renewInTime(region, after);
  });
  world.watchAccount("route53", "changes", ({ after }) => {
    if (after?.Status !== "INSYNC") return;
    for (const region of world.regions()) for (const one of region.acm.certificates.all()) look(region, one);
  });
  world.watch("elbv2", "listeners", (region, { before, after }) => {
    const still = after ? certificatesOf(after) : [];
    for (const arn of before ? certificatesOf(before) : []) {
      if (still.includes(arn)) continue;
      region.acm.certificates.update(arn, ({ hidden }) => {
        hidden.inUseUntil[before?.LoadBalancerArn ?? ""] = world.later("certificate let go");
      });
    }
  });
  for (const region of world.regions()) {
    for (const one of region.acm.certificates.all()) {
      begin(region, one);
      if (one.Status !== "ISSUED") continue;
      // A world of an older version has certificates that stand in its records only.
      if (one.hidden.pem) renewInTime(region, one);
      else issue(region, one);
    }
  }
}

function isUsed({ elbv2 }: Region, { CertificateArn }: Certificate): boolean {
  return elbv2.listeners.find((one) => certificatesOf(one).includes(CertificateArn)) !== undefined;
}

function end(draft: Certificate, status: "FAILED" | "VALIDATION_TIMED_OUT"): void {
  draft.Status = status;
  for (const option of draft.DomainValidationOptions) option.ValidationStatus = "FAILED";
}

function isValidated(world: World, { ResourceRecord }: DomainValidation): boolean {
  return answers(world, ResourceRecord?.Name ?? "", "CNAME").some(
    (value) => withDot(value) === withDot(ResourceRecord?.Value ?? ""),
  );
}

/** Certification authorities look for CAA records from the name upwards, and the first that there are decide (RFC 8659). */
function amazonMayIssueFor(world: World, domain: string): boolean {
  const labels = domain.replace(/^\*\./, "").split(".");
  const names = labels.map((_, index) => labels.slice(index).join("."));
  const found = names.map((name) => answers(world, name, "CAA")).find((values) => values.length > 0) ?? [];
  const issuers = found.flatMap((value) => /^\d+ issue "([^";]*)/i.exec(value)?.[1] ?? []);
  return issuers.length === 0 || issuers.some((issuer) => AMAZON.includes(issuer.trim()));
}

/** What the name servers answer: values of record sets whose change is in sync. */
function answers(world: World, name: string, type: string): string[] {
  const inSync = ({ hidden }: ResourceRecordSet) => world.route53.changes.get(hidden.changeId)?.Status === "INSYNC";
  const isPublic = ({ hidden }: ResourceRecordSet) =>
    world.route53.hostedZones.get(hidden.zoneId)?.Config?.PrivateZone === false;
  return world.route53.recordSets
    .filter((record) => record.Name === withDot(name) && record.Type === type && inSync(record) && isPublic(record))
    .flatMap(({ ResourceRecords = [] }) => ResourceRecords.map(({ Value = "" }) => Value));
}

function withDot(name: string): string {
  return name.endsWith(".") ? name.toLowerCase() : `${name.toLowerCase()}.`;
}
