import type { Listener } from "../records.ts";

/** ARNs of the certificates of a listener, the default one first. */
export function certificatesOf({ Certificates, hidden }: Listener): string[] {
  return [...Certificates.map(({ CertificateArn = "" }) => CertificateArn), ...(hidden.certificates ?? [])];
}
