import type { CertificateDetail, CertificateSummary } from "@aws-sdk/client-acm";
import { AwsError, notEmulated } from "../../wire/service.ts";
import { certificatesOf } from "../../world/elbv2/listener-certificates.ts";
import type { Certificate } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { pageOf } from "../page.ts";
import { type AcmOperations, certificateOf } from "./operation.ts";

/** What a listing shows to those who do not ask for key types. (acm:ListCertificates, Includes) */
const USUAL_KEY_TYPES = ["RSA_1024", "RSA_2048"];

/** Describing, listing and deleting certificates. */
export function certificateOperations(world: World): AcmOperations {
  return {
    DescribeCertificate: {
      accepts: ["CertificateArn"],
      handle({ CertificateArn }, { region: name }) {
        const region = world.region(name);
        return { Certificate: detailShape(world, region, certificateOf(region, CertificateArn)) };
      },
    },

    ListCertificates: {
      accepts: ["CertificateStatuses", "Includes", "NextToken", "MaxItems"],
      handle({ CertificateStatuses, Includes = {}, NextToken, MaxItems }, { region: name }) {
        const region = world.region(name);
        for (const [filter, value] of Object.entries(Includes)) {
          if (value !== undefined && filter !== "keyTypes") throw notEmulated(`the parameter Includes.${filter}`);
        }
        const keyTypes: readonly string[] = Includes.keyTypes ?? USUAL_KEY_TYPES;
        const found = region.acm.certificates.filter(
          ({ KeyAlgorithm, Status }) =>
            keyTypes.includes(KeyAlgorithm) && (!CertificateStatuses?.length || CertificateStatuses.includes(Status)),
        );
        const invalid = () => new AwsError("InvalidArgsException", "The next token is not valid.");
        const { items, next } = pageOf(found, { size: MaxItems ?? world.pageSize, token: NextToken, invalid });
        const CertificateSummaryList = items.map((certificate) => summaryShape(world, region, certificate));
        return { CertificateSummaryList, ...(next !== undefined && { NextToken: next }) };
      },
    },

    GetCertificate: {
      accepts: ["CertificateArn"],
      handle({ CertificateArn }, { region: name }) {
        const { pem } = certificateOf(world.region(name), CertificateArn).hidden;
        if (pem) return { Certificate: pem.certificate, CertificateChain: pem.chain };
        throw new AwsError("RequestInProgressException", `The certificate ${CertificateArn} is not issued yet.`);
      },
    },

    DeleteCertificate: {
      accepts: ["CertificateArn"],
      handle({ CertificateArn }, { account, region: name }) {
        const region = world.region(name);
        const certificate = certificateOf(region, CertificateArn);
        if (usersOf(world, region, certificate).length > 0) {
          throw new AwsError(
            "ResourceInUseException",
            `Certificate ${CertificateArn} in account ${account} is in use.`,
          );
        }
        region.acm.certificates.delete(certificate.CertificateArn);
        return {};
      },
    },
  };
}

/** ARNs of the load balancers that use a certificate, or did until a while ago. */
function usersOf(world: World, region: Region, { CertificateArn, hidden }: Certificate): string[] {
  const listeners = region.elbv2.listeners.filter((one) => certificatesOf(one).includes(CertificateArn));
  const lingering = Object.entries(hidden.inUseUntil).filter(([, until]) => until > world.now());
  return [
    ...new Set([...listeners.map(({ LoadBalancerArn }) => LoadBalancerArn), ...lingering.map(([arn]) => arn)]),
  ].sort();
}

function detailShape(world: World, region: Region, certificate: Certificate): CertificateDetail {
  const { hidden, DomainValidationOptions, ...rest } = certificate;
  const known = hidden.recordsKnownAt <= world.now();
  const users = usersOf(world, region, certificate);
  return {
    ...rest,
    ...contentOf(certificate),
    RenewalEligibility: eligibilityOf(users),
    InUseBy: users,
    DomainValidationOptions: DomainValidationOptions.map(({ ResourceRecord, ...option }) => ({
      ...option,
      ...(known && { ResourceRecord }),
    })),
  };
}

/** What stands in a certificate that was issued: it can serve TLS. */
function contentOf({ KeyAlgorithm, Serial }: Certificate): Partial<CertificateDetail> {
  if (Serial === undefined) return {};
  const isRsa = KeyAlgorithm.startsWith("RSA");
  return {
    KeyUsages: [{ Name: "DIGITAL_SIGNATURE" }, ...(isRsa ? [{ Name: "KEY_ENCIPHERMENT" as const }] : [])],
    ExtendedKeyUsages: [{ Name: "TLS_WEB_SERVER_AUTHENTICATION", OID: "1.3.6.1.5.5.7.3.1" }],
  };
}

/** ACM renews what something uses. (ACM, "Managed certificate renewal") */
function eligibilityOf(users: readonly string[]): "ELIGIBLE" | "INELIGIBLE" {
  return users.length > 0 ? "ELIGIBLE" : "INELIGIBLE";
}

function summaryShape(world: World, region: Region, certificate: Certificate): CertificateSummary {
  return {
    CertificateArn: certificate.CertificateArn,
    DomainName: certificate.DomainName,
    SubjectAlternativeNameSummaries: certificate.SubjectAlternativeNames,
    HasAdditionalSubjectAlternativeNames: false,
    Status: certificate.Status,
    Type: certificate.Type,
    KeyAlgorithm: certificate.KeyAlgorithm,
    KeyUsages: (contentOf(certificate).KeyUsages ?? []).flatMap(({ Name }) => Name ?? []),
    ExtendedKeyUsages: (contentOf(certificate).ExtendedKeyUsages ?? []).flatMap(({ Name }) => Name ?? []),
    ExportOption: "DISABLED",
    InUse: usersOf(world, region, certificate).length > 0,
    RenewalEligibility: eligibilityOf(usersOf(world, region, certificate)),
    CreatedAt: certificate.CreatedAt,
    ...(certificate.IssuedAt && { IssuedAt: certificate.IssuedAt }),
    ...(certificate.NotBefore && { NotBefore: certificate.NotBefore }),
    ...(certificate.NotAfter && { NotAfter: certificate.NotAfter }),
  };
}
