import type { CertificateDetail } from "@aws-sdk/client-acm";
import type { Aws } from "../../aws/clients.ts";
import type { Kind } from "../../engine/task.ts";
import { certificateDetail } from "./certificate-reads.ts";
import { failureOf, remedyFor } from "./failure.ts";

/** A certificate that ACM is to issue. */
export interface IssuedCertificateDesired {
  readonly arn: string;
  /** Of the domain's zone: what the person is told to enter at the registrar while ACM sees no record. */
  readonly nameServers: readonly string[];
}

/** How far ACM has come. */
export interface IssuedCertificate {
  readonly status: string;
  readonly failureReason?: string;
  readonly domainName: string;
  /** Absent: not issued yet. */
  readonly validUntil?: Date;
  readonly nameServers: readonly string[];
}

/**
 * A certificate's being issued: ACM does it once it sees the validation record, so this only waits. It is a task of its own so
 * that it stands after the record's. Whatever serves the certificate comes after this one, and mentions the certificate itself:
 * there is nothing here to remove, and a destroy must take the certificate's users away before it.
 */
export const issuedCertificate: Kind<IssuedCertificateDesired, IssuedCertificate, Aws> = {
  type: "acm.issued-certificate",
  async find(aws, { arn, nameServers }) {
    const detail = await certificateDetail(aws, arn);
    return detail && fromAws(detail, nameServers);
  },
  // Requested is it by another task, and issued by ACM.
  async create() {},
  pending({ status, domainName, nameServers }) {
    if (status === "ISSUED") return undefined;
    const waiting = "ACM looks for the validation record";
    // Nobody can register these (RFC 2606), so there is nothing to enter anywhere.
    if (/\.(test|example|invalid|localhost)$/.test(domainName)) return waiting;
    const entered = `the domain's name servers, entered at its registrar (for .br: registro.br), must be ${nameServers.join(", ")}`;
    return `${waiting}; ${entered}`;
  },
  broken: ({ status, failureReason }) => failureOf(status, failureReason),
  remedy: ({ failureReason }) => remedyFor(failureReason),
  describe: ({ status, validUntil }) =>
    validUntil ? `valid until ${validUntil.toISOString().slice(0, 10)}` : status.toLowerCase(),
  limits: { usually: 150, ready: 4500, poll: [0.2, 15] },
};

function fromAws(detail: CertificateDetail, nameServers: readonly string[]): IssuedCertificate {
  return {
    status: detail.Status ?? "",
    ...(detail.FailureReason && { failureReason: detail.FailureReason }),
    domainName: detail.DomainName ?? "",
    ...(detail.NotAfter && { validUntil: detail.NotAfter }),
    nameServers,
  };
}
