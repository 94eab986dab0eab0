import {
  type CertificateDetail,
  type CertificateSummary,
  DescribeCertificateCommand,
  type KeyAlgorithm,
  ListTagsForCertificateCommand,
  paginateListCertificates,
} from "@aws-sdk/client-acm";
import type { Aws } from "../../aws/clients.ts";
import { isCode } from "../../aws/errors.ts";
import { fromTagList, type Tags } from "../../aws/tags.ts";

/** A certificate with its tags. */
export interface FoundCertificate {
  readonly detail: CertificateDetail;
  readonly tags: Tags;
}

/** All of them: a listing leaves out all but RSA keys of up to 2048 bits unless it is asked. (acm:ListCertificates) */
const KEY_TYPES: KeyAlgorithm[] = [
  "RSA_1024",
  "RSA_2048",
  "RSA_3072",
  "RSA_4096",
  "EC_prime256v1",
  "EC_secp384r1",
  "EC_secp521r1",
];

/** Certificates for a domain that ACM has issued, is to issue or could not issue. */
export async function certificatesOf(aws: Aws, domainName: string): Promise<FoundCertificate[]> {
  const summaries = await listed(aws);
  const arns = summaries
    .filter(({ DomainName }) => DomainName === domainName.toLowerCase())
    .flatMap(({ CertificateArn }) => CertificateArn ?? []);
  const found = await Promise.all(arns.map((arn) => aws.shared.read(`certificate ${arn}`, () => described(aws, arn))));
  return found.filter((one) => one !== undefined);
}

function listed({ acm, shared }: Aws): Promise<CertificateSummary[]> {
  return shared.read("certificates", async () => {
    const summaries: CertificateSummary[] = [];
    const pages = paginateListCertificates(
      { client: acm },
      {
        CertificateStatuses: ["PENDING_VALIDATION", "ISSUED", "FAILED", "VALIDATION_TIMED_OUT"],
        Includes: { keyTypes: KEY_TYPES },
      },
    );
    for await (const { CertificateSummaryList = [] } of pages) summaries.push(...CertificateSummaryList);
    return summaries;
  });
}

/** Undefined: it has gone since it was listed. */
async function described({ acm }: Aws, CertificateArn: string): Promise<FoundCertificate | undefined> {
  try {
    const [{ Certificate: detail }, { Tags: list }] = await Promise.all([
      acm.send(new DescribeCertificateCommand({ CertificateArn })),
      acm.send(new ListTagsForCertificateCommand({ CertificateArn })),
    ]);
    return detail && { detail, tags: fromTagList(list) };
  } catch (error) {
    if (isCode(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}
