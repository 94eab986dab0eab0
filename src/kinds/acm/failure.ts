/** What ACM's codes mean, for those that a person can do something about. (acm:DescribeCertificate, FailureReason) */
const REASONS: Readonly<Record<string, readonly [why: string, remedy: string]>> = {
  CAA_ERROR: [
    "a CAA record of the domain forbids Amazon to issue for it",
    "Add a CAA record that allows amazon.com, or delete the domain's CAA records.",
  ],
  DOMAIN_NOT_ALLOWED: ["ACM issues nothing for this domain", "Choose another domain in the variables."],
  INVALID_PUBLIC_DOMAIN: ["it is no domain that can be registered", "Correct the domain in the variables."],
  ADDITIONAL_VERIFICATION_REQUIRED: [
    "AWS wants to know more about the domain first",
    "Open a free case in the AWS Support Center.",
  ],
};

const AGAIN = "Then run the same command again: it requests a new one.";

/** Why a certificate will never be issued; undefined: it may. */
export function failureOf(status: string | undefined, reason?: string): string | undefined {
  if (status === "VALIDATION_TIMED_OUT") {
    return "VALIDATION_TIMED_OUT: ACM did not see the validation record within 72 hours";
  }
  if (status !== "FAILED") return undefined;
  const why = REASONS[reason ?? ""]?.[0];
  return `FAILED: ${[reason, why].filter(Boolean).join(", ")}`;
}

/** What a person should do about it. */
export function remedyFor(reason: string | undefined): string {
  const remedy = REASONS[reason ?? ""]?.[1] ?? "Check that the domain is delegated to its hosted zone's name servers.";
  return `${remedy} ${AGAIN}`;
}
