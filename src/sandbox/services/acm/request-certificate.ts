import { createHash, randomUUID } from "node:crypto";
import type { DomainValidation, RequestCertificateCommandInput } from "@aws-sdk/client-acm";
import { AwsError, notEmulated } from "../../wire/service.ts";
import type { Certificate } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { type AcmOperations, mergedTags } from "./operation.ts";

/** Names of a certificate, its first among them (ACM quotas). */
const MOST_NAMES = 10;
const LONGEST_FIRST_NAME = 64;
/** A token means the same certificate for this long. (acm:RequestCertificate, IdempotencyToken) */
const TOKEN_MS = 3600 * 1000;
/** Those that can be requested; the others are for certificates that are imported. */
const ALGORITHMS = ["RSA_2048", "EC_prime256v1", "EC_secp384r1"];

/** Requesting certificates. */
export function requestOperation(world: World): AcmOperations {
  return {
    RequestCertificate: {
      accepts: [
        "DomainName",
        "SubjectAlternativeNames",
        "ValidationMethod",
        "IdempotencyToken",
        "KeyAlgorithm",
        "Options",
        "Tags",
      ],
      handle(input, { region: name }) {
        const region = world.region(name);
        // Without a method ACM sends e-mails.
        if (input.ValidationMethod !== "DNS") throw notEmulated("validation by e-mail or HTTP");
        if (input.Options?.Export === "ENABLED") throw notEmulated("certificates that can be exported");
        const names = namesOf(input);
        const { KeyAlgorithm = "RSA_2048" } = input;
        if (!ALGORITHMS.includes(KeyAlgorithm)) {
          throw new AwsError("InvalidParameterException", `The key algorithm ${KeyAlgorithm} cannot be requested.`);
        }
        const known = rememberedRequest(world, region, input);
        if (known !== undefined) return { CertificateArn: known };
        const certificate = region.acm.certificates.put(newCertificate(world, region, names, input));
        remember(world, region, input, certificate.CertificateArn);
        return { CertificateArn: certificate.CertificateArn };
      },
    },
  };
}

function newCertificate(
  world: World,
  region: Region,
  names: readonly string[],
  { KeyAlgorithm = "RSA_2048", Tags = [] }: RequestCertificateCommandInput,
): Certificate {
  const [DomainName = ""] = names;
  return {
    CertificateArn: `arn:aws:acm:${region.name}:${world.account}:certificate/${randomUUID()}`,
    DomainName,
    SubjectAlternativeNames: [...names],
    DomainValidationOptions: names.map((name) => validationOf(world.account, name)),
    Subject: `CN=${DomainName}`,
    Issuer: "Amazon",
    CreatedAt: world.now(),
    Status: "PENDING_VALIDATION",
    Type: "AMAZON_ISSUED",
    KeyAlgorithm,
    SignatureAlgorithm: "SHA256WITHRSA",
    KeyUsages: [],
    ExtendedKeyUsages: [],
    Options: { CertificateTransparencyLoggingPreference: "ENABLED", Export: "DISABLED" },
    hidden: {
      tags: mergedTags([], Tags),
      recordsKnownAt: world.later("validation record named"),
      inUseUntil: {},
    },
  };
}

/** The record is the same for every certificate of an account for a domain, and for the domain and its wildcard. */
function validationOf(account: string, DomainName: string): DomainValidation {
  const domain = DomainName.replace(/^\*\./, "");
  const digest = (what: string) => createHash("sha256").update(`${what} ${account} ${domain}`).digest("hex");
  const folder = digest("folder")
    .replace(/[^a-f]/g, "")
    .slice(0, 10)
    .padEnd(10, "x");
  return {
    DomainName,
    ValidationDomain: DomainName,
    ValidationStatus: "PENDING_VALIDATION",
    ValidationMethod: "DNS",
    ResourceRecord: {
      Name: `_${digest("name").slice(0, 32)}.${domain}.`,
      Type: "CNAME",
      Value: `_${digest("value").slice(0, 32)}.${folder}.acm-validations.aws.`,
    },
  };
}

/** The domain and its alternative names, each once. @throws AwsError for one that is no domain name */
function namesOf({ DomainName = "", SubjectAlternativeNames = [] }: RequestCertificateCommandInput): string[] {
  const names = [...new Set([DomainName, ...SubjectAlternativeNames].map((name) => name.toLowerCase()))];
  if (DomainName.length > LONGEST_FIRST_NAME) {
    throw new AwsError(
      "InvalidDomainValidationOptionsException",
      `The first domain name can be no longer than ${LONGEST_FIRST_NAME} characters.`,
    );
  }
  if (names.length > MOST_NAMES) {
    throw new AwsError("LimitExceededException", `A certificate can have at most ${MOST_NAMES} domain names.`);
  }
  return names;
}

/** ARN of the certificate that this very request was answered with before, if the token is still remembered. */
function rememberedRequest(world: World, region: Region, input: RequestCertificateCommandInput): string | undefined {
  const known = region.acm.tokens.get(input.IdempotencyToken ?? "");
  if (!known || known.forgottenAt <= world.now() || known.request !== hash(input)) return undefined;
  return region.acm.certificates.get(known.CertificateArn)?.CertificateArn;
}

function remember(world: World, region: Region, input: RequestCertificateCommandInput, CertificateArn: string): void {
  if (input.IdempotencyToken === undefined) return;
  const forgottenAt = new Date(world.now().getTime() + TOKEN_MS);
  region.acm.tokens.put({ token: input.IdempotencyToken, request: hash(input), CertificateArn, forgottenAt });
}

function hash({ DomainName, SubjectAlternativeNames, KeyAlgorithm }: RequestCertificateCommandInput): string {
  const request = JSON.stringify([DomainName, SubjectAlternativeNames, KeyAlgorithm]);
  return createHash("sha256").update(request).digest("hex");
}
