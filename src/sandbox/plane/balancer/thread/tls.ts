import { createSecureContext, type SecureContext, type TlsOptions } from "node:tls";
import type { CertificateConfig, TlsConfig } from "../config.ts";

/** What a TLS server is made with, so that each client gets the certificate of the name that it asks for. */
export function tlsOptions({ versions, certificates }: TlsConfig): TlsOptions {
  const limits = {
    minVersion: versions[0] ?? "TLSv1.2",
    maxVersion: versions.at(-1) ?? "TLSv1.3",
    // OpenSSL has the oldest versions at its lowest level only.
    ...(versions.some((version) => version < "TLSv1.2") && { ciphers: "DEFAULT:@SECLEVEL=0" }),
  };
  const contexts = new Map<CertificateConfig | undefined, SecureContext>(
    certificates.map((one) => [one, createSecureContext({ key: one.key, cert: one.chain, ...limits })]),
  );
  const [first] = certificates;
  return {
    ...limits,
    ...(first && { key: first.key, cert: first.chain }),
    SNICallback: (name, done) => done(null, contexts.get(certificateFor(certificates, name))),
  };
}

/** The certificate of a name, or else the default one. */
export function certificateFor(all: readonly CertificateConfig[], name: string): CertificateConfig | undefined {
  return all.find(({ names }) => names.some((one) => isNamed(one, name))) ?? all[0];
}

/** @param pattern a domain name of a certificate; `*.` stands for one label */
function isNamed(pattern: CertificateConfig["names"][number], name: string): boolean {
  const [one, other] = [pattern.toLowerCase(), name.toLowerCase()];
  return one.startsWith("*.") ? one.slice(1) === other.replace(/^[^.]+/, "") : one === other;
}
