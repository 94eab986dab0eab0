import { randomBytes } from "node:crypto";
import {
  AddTagsToCertificateCommand,
  type CertificateDetail,
  DeleteCertificateCommand,
  RequestCertificateCommand,
} from "@aws-sdk/client-acm";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { STACK_TAG, type Tags, toTagList } from "../../aws/tags.ts";
import type { Kind } from "../../engine/task.ts";
import { certificateHolder } from "./certificate-holders.ts";
import { certificatesOf, type FoundCertificate, tagsOfCertificate } from "./certificate-reads.ts";
import { failureOf, remedyFor } from "./failure.ts";

/** A public certificate, validated by DNS. */
export interface CertificateDesired {
  /** E.g. `www.example.com.br`. Cannot be changed. */
  readonly domainName: string;
  /** Other names that it covers. Cannot be changed. */
  readonly alternativeNames: readonly string[];
}

/** A certificate as ACM has it: requested, and maybe issued. */
export interface Certificate {
  readonly arn: string;
  /** All names that it covers, sorted. */
  readonly names: readonly string[];
  /** E.g. `PENDING_VALIDATION`, `ISSUED`, `FAILED`. */
  readonly status: string;
  /** ACM's code for why it failed. */
  readonly failureReason?: string;
  readonly validationRecords: readonly ValidationRecord[];
  /** Names that were asked for and whose validation record ACM has not named. */
  readonly unnamed: readonly string[];
  readonly tags: Tags;
  /** ARNs of other certificates that this stack requested for the domain, which nothing needs. */
  readonly spare: readonly string[];
}

/** The record that proves to ACM, now and at every renewal, that a domain is ours. */
export interface ValidationRecord {
  /** The name in the certificate; a domain and its wildcard share one record. */
  readonly domainName: string;
  readonly name: string;
  readonly value: string;
}

/**
 * A certificate that was requested, ready once ACM has named its validation records; `issued-certificate.ts` waits for the rest.
 *
 * Names of certificates are not unique, so one that somebody else made is no obstacle: it is used if it is issued and covers
 * everything, and else there will be another one.
 */
export const certificate: Kind<CertificateDesired, Certificate, Aws> = {
  type: "acm.certificate",
  async find(aws, desired) {
    const candidates = await certificatesOf(aws, desired.domainName);
    const ours = candidates.filter(({ tags }) => tags[STACK_TAG] === aws.stack).sort(byStatus);
    const [found = candidates.find((one) => isOfUse(one.detail, desired))] = ours;
    if (!found) return undefined;
    const { detail, tags } = found;
    const validationRecords = recordsIn(detail);
    const unnamed = namesOf(desired).filter((name) => !validationRecords.some(({ domainName }) => domainName === name));
    return {
      arn: arnOf(found),
      names: [...(detail.SubjectAlternativeNames ?? [])].sort(),
      status: detail.Status ?? "",
      ...(detail.FailureReason && { failureReason: detail.FailureReason }),
      validationRecords,
      unnamed,
      tags,
      spare: ours.slice(1).map(arnOf),
    };
  },
  diff(desired, { names }) {
    const [from, to] = [names.join(", "), namesOf(desired).join(", ")];
    return from === to ? [] : [{ field: "names", from, to, needsReplacement: true }];
  },
  async create(aws, desired) {
    // One that failed never becomes another: ACM wants a new request.
    const candidates = await certificatesOf(aws, desired.domainName);
    const failed = candidates.filter(({ detail, tags }) => tags[STACK_TAG] === aws.stack && failureOf(detail.Status));
    for (const one of failed) await deleteCertificate(aws, arnOf(one));
    const { CertificateArn: arn } = await aws.acm.send(
      new RequestCertificateCommand({
        DomainName: desired.domainName,
        ...(desired.alternativeNames.length > 0 && { SubjectAlternativeNames: [...desired.alternativeNames] }),
        ValidationMethod: "DNS",
        // For the SDK's own repetitions only. ACM remembers a token for an hour, so one that followed from the task could lead
        // a create soon after a destroy to the certificate that was just deleted. A new run finds the request by its tags.
        IdempotencyToken: randomBytes(16).toString("hex"),
        Tags: toTagList(aws.ownership),
      }),
    );
    if (arn === undefined) return undefined;
    aws.shared.facts.set(tagsOfCertificate(arn), aws.ownership);
    const names = namesOf(desired);
    return {
      arn,
      names,
      status: "PENDING_VALIDATION",
      validationRecords: [],
      unnamed: names,
      tags: aws.ownership,
      spare: [],
    };
  },
  async remove(aws, { arn, spare }) {
    for (const one of [...spare, arn]) await deleteCertificate(aws, one);
  },
  usable: ({ unnamed }) => unnamed.length === 0,
  pending({ unnamed, status }) {
    if (unnamed.length === 0 || status === "ISSUED") return undefined;
    return "ACM has not named the validation record yet";
  },
  broken: ({ status, failureReason }) => failureOf(status, failureReason),
  remedy: ({ failureReason }) => remedyFor(failureReason),
  redo: true,
  blockedBy: certificateHolder,
  tags: ({ tags }) => tags,
  async adopt({ acm, shared }, { arn }, tags) {
    await acm.send(new AddTagsToCertificateCommand({ CertificateArn: arn, Tags: toTagList(tags) }));
    shared.facts.delete(tagsOfCertificate(arn));
  },
  describe: ({ names }) => names.join(", "),
  goneAtOnce: true,
  // A load balancer lets go of its certificate minutes after the listener is gone.
  limits: { usually: 5, usuallyGone: 180, ready: 300, gone: 1200, poll: [0.2, 15] },
};

/** The validation record of one of a certificate's names: `certificate.out((one) => validationRecord(one, name).value)`. */
export function validationRecord({ validationRecords }: Certificate, name: string): ValidationRecord {
  const found = validationRecords.find(({ domainName }) => domainName === name.toLowerCase());
  if (!found) throw new Error(`the certificate has no validation record for ${name}`);
  return found;
}

/** Best first. */
const STATUSES = ["ISSUED", "PENDING_VALIDATION", "FAILED", "VALIDATION_TIMED_OUT"];

function byStatus(one: FoundCertificate, other: FoundCertificate): number {
  return STATUSES.indexOf(one.detail.Status ?? "") - STATUSES.indexOf(other.detail.Status ?? "");
}

function arnOf({ detail }: FoundCertificate): string {
  return detail.CertificateArn ?? "";
}

/** Whether somebody else's certificate does what ours would do. */
function isOfUse(detail: CertificateDetail, desired: CertificateDesired): boolean {
  const named = recordsIn(detail).map(({ domainName }) => domainName);
  return detail.Status === "ISSUED" && namesOf(desired).every((name) => named.includes(name));
}

function namesOf({ domainName, alternativeNames }: CertificateDesired): string[] {
  return [...new Set([domainName, ...alternativeNames].map((name) => name.toLowerCase()))].sort();
}

function recordsIn({ DomainValidationOptions = [] }: CertificateDetail): ValidationRecord[] {
  return DomainValidationOptions.flatMap(({ DomainName = "", ResourceRecord }) =>
    ResourceRecord
      ? [{ domainName: DomainName, name: ResourceRecord.Name ?? "", value: ResourceRecord.Value ?? "" }]
      : [],
  );
}

async function deleteCertificate({ acm }: Aws, CertificateArn: string): Promise<void> {
  try {
    await acm.send(new DeleteCertificateCommand({ CertificateArn }));
  } catch (error) {
    if (!isCode(error, "ResourceNotFoundException")) throw error;
  }
}
