import type * as acm from "@aws-sdk/client-acm";
import type { Known } from "./known.ts";

/** `DomainValidationOptions` always have their `ResourceRecord`, also while answers leave it out. */
export type Certificate = Known<
  acm.CertificateDetail,
  | "CertificateArn"
  | "DomainName"
  | "SubjectAlternativeNames"
  | "DomainValidationOptions"
  | "Status"
  | "Type"
  | "KeyAlgorithm"
  | "CreatedAt"
> & {
  hidden: {
    tags: acm.Tag[];
    /** When answers show the validation records. */
    recordsKnownAt: Date;
    /** Until when load balancers count as using it after they let go of it, by ARN. */
    inUseUntil: Record<string, Date>;
    /** What serves TLS: the certificate, its private key (PKCS #8) and what is above it. Absent: it was not issued. */
    pem?: { key: string; certificate: string; chain: string };
    /** The same for the names under which browsers of this computer find its sites. Absent: they are its own. */
    here?: { names: string[]; key: string; certificate: string; chain: string };
  };
};

/** What RequestCertificate was asked for under an idempotency token. */
export interface CertificateToken {
  token: string;
  /** Hash of the parameters. */
  request: string;
  CertificateArn: string;
  forgottenAt: Date;
}
