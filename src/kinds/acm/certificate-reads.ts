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
import { fromTagList, STACK_TAG, type Tags } from "../../aws/tags.ts";

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
  const found = await Promise.all(
    arns.map(async (arn) => {
      const [detail, tags] = await Promise.all([certificateDetail(aws, arn), tagsOf(aws, arn)]);
      return detail && tags && { detail, tags };
    }),
  );
  return found.filter((one) => one !== undefined);
}

/** Undefined: there is none, or no more. */
export function certificateDetail(
  { acm, shared }: Aws,
  CertificateArn: string,
): Promise<CertificateDetail | undefined> {
  return shared.read(`certificate ${CertificateArn}`, async () => {
    const answer = await orNone(acm.send(new DescribeCertificateCommand({ CertificateArn })));
    return answer?.Certificate;
  });
}

/** What the tags of a certificate are known by, where ours were seen: an ARN is never given again. */
export function tagsOfCertificate(arn: string): string {
  return `tags of ${arn}`;
}

async function tagsOf({ acm, shared }: Aws, CertificateArn: string): Promise<Tags | undefined> {
  const key = tagsOfCertificate(CertificateArn);
  const known = shared.facts.get(key) as Tags | undefined;
  if (known) return known;
  const tags = await shared.read(key, async () => {
    const answer = await orNone(acm.send(new ListTagsForCertificateCommand({ CertificateArn })));
    return answer && fromTagList(answer.Tags);
  });
  if (tags && STACK_TAG in tags) shared.facts.set(key, tags);
  return tags;
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

async function orNone<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isCode(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}
