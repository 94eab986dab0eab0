import type { DomainValidation } from "@aws-sdk/client-acm";
import type { Certificate, ResourceRecordSet } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** ACM gives up when nobody has proved to own the domain by then. (ACM, "Troubleshoot certificate validation") */
const PATIENCE_MS = 72 * 3600 * 1000;
/** Public certificates of ACM are valid for about this long in 2026. */
const VALIDITY_MS = 198 * 24 * 3600 * 1000;
/** Who may issue for a domain that has CAA records, in ACM's spellings. (ACM, "Configure a CAA record") */
const AMAZON = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];

/**
 * Issues certificates once their validation records can be resolved, and lets go of them after their listeners. Every
 * public hosted zone of the account counts as delegated: the world has no registrar.
 */
export function controlCertificates(world: World): void {
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

  function decide(region: Region, { CertificateArn, DomainValidationOptions }: Certificate): void {
    const mayIssue = DomainValidationOptions.every(({ DomainName = "" }) => amazonMayIssueFor(world, DomainName));
    region.acm.certificates.update(CertificateArn, (draft) => {
      if (mayIssue) issue(draft, world.now());
      else end(draft, "FAILED");
      if (!mayIssue) draft.FailureReason = "CAA_ERROR";
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
  });
  world.watchAccount("route53", "changes", ({ after }) => {
    if (after?.Status !== "INSYNC") return;
    for (const region of world.regions()) for (const one of region.acm.certificates.all()) look(region, one);
  });
  world.watch("elbv2", "listeners", (region, { before, after }) => {
    const still = (after?.Certificates ?? []).map(({ CertificateArn }) => CertificateArn);
    for (const { CertificateArn = "" } of before?.Certificates ?? []) {
      if (still.includes(CertificateArn)) continue;
      region.acm.certificates.update(CertificateArn, ({ hidden }) => {
        hidden.inUseUntil[before?.LoadBalancerArn ?? ""] = world.later("certificate let go");
      });
    }
  });
  for (const region of world.regions()) for (const one of region.acm.certificates.all()) begin(region, one);
}

function issue(draft: Certificate, now: Date): void {
  draft.Status = "ISSUED";
  draft.IssuedAt = now;
  draft.NotBefore = now;
  draft.NotAfter = new Date(now.getTime() + VALIDITY_MS);
  for (const option of draft.DomainValidationOptions) option.ValidationStatus = "SUCCESS";
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
