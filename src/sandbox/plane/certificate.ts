import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import type { Extension, X509Certificate } from "@peculiar/x509";

/** A certificate, in PEM, with its key (PKCS #8). */
export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

/** A certificate that an authority issued, in PEM. */
export interface Issued extends Certificate {
  /** The certificates above it, the next one first, the authority's root last. */
  readonly chain: string;
}

/** Who signs certificates, in PEM. The key of its root is gone, so what the root lets its issuer do cannot be widened. */
export interface Authority {
  /** What clients are told to trust. */
  readonly root: string;
  readonly issuer: Certificate;
}

/** Keys that a certificate can have, as ACM calls them. */
export type KeyAlgorithm = "RSA_2048" | "EC_prime256v1" | "EC_secp384r1";

/** What shall stand in a certificate. */
export interface Order {
  /** Names, also such as `*.bia.test`, and addresses; the first, if it is a name, is its subject. */
  readonly names: readonly string[];
  readonly from: Date;
  readonly until: Date;
}

/** Both of a pair, as Web Cryptography has them. */
export type KeyPair = webcrypto.CryptoKeyPair;

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
};
const ALGORITHMS = { RSA_2048: RSA, EC_prime256v1: P256, EC_secp384r1: { ...P256, namedCurve: "P-384" } };
const NOBODY = "bia-infra sandbox";
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
const NAME_CONSTRAINTS = "2.5.29.30";
/** Whoever may sign for names only could sign for any address. */
const LOOPBACK = ["127.0.0.0/8", "0:0:0:0:0:0:0:1/128"];

export function makeKeys(algorithm: KeyAlgorithm): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHMS[algorithm], true, ["sign", "verify"]) as Promise<KeyPair>;
}

/**
 * Makes an authority for servers of some domains, whatever is below these, and of this computer's own addresses; nothing
 * else that it signs is valid. Programs differ in whether they look for such limits in a root, so its one intermediate has
 * them, too, and the root's own key is never written down.
 */
export async function makeAuthority(domains: readonly string[]): Promise<Authority> {
  const x509 = await library();
  const [rootKeys, issuerKeys] = [await makeKeys("EC_prime256v1"), await makeKeys("EC_prime256v1")];
  const mark = randomBytes(3).toString("hex");
  const named = (role: string) => [{ O: [NOBODY] }, { CN: [`${NOBODY} ${role} ${mark}`] }];
  const limits = await limitsTo(domains);
  const common = {
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: P256,
    signingKey: rootKeys.privateKey,
    issuer: named("CA"),
  };
  const above = await certify({ ...common, subject: named("CA"), publicKey: rootKeys.publicKey }, [
    new x509.BasicConstraintsExtension(true, 1, true),
    ...limits,
  ]);
  const below = await certify({ ...common, subject: named("issuer"), publicKey: issuerKeys.publicKey }, [
    new x509.BasicConstraintsExtension(true, 0, true),
    await x509.AuthorityKeyIdentifierExtension.create(rootKeys.publicKey),
    ...limits,
  ]);
  return { root: pem(above), issuer: { key: await pemOf(issuerKeys.privateKey), certificate: pem(below) } };
}

/** Signs a certificate of a server; `keys` are its own. */
export async function issueCertificate(
  { root, issuer }: Authority,
  { names, from, until }: Order,
  keys: KeyPair,
): Promise<Issued> {
  const x509 = await library();
  const above = new x509.X509Certificate(issuer.certificate);
  const der = createPrivateKey(issuer.key).export({ format: "der", type: "pkcs8" });
  const signingKey = await webcrypto.subtle.importKey("pkcs8", new Uint8Array(der), P256, false, ["sign"]);
  const [first = ""] = names;
  const isRsa = keys.publicKey.algorithm.name === RSA.name;
  const certificate = await certify(
    {
      // OpenSSL takes a common name for a name of the server, to which an authority has to be entitled.
      subject: [isIP(first) ? { O: [NOBODY] } : { CN: [first] }],
      issuer: above.subjectName,
      notBefore: from,
      notAfter: until,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: P256,
    },
    [
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value })),
      ),
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | (isRsa ? x509.KeyUsageFlags.keyEncipherment : 0),
        true,
      ),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTHENTICATION]),
      await x509.AuthorityKeyIdentifierExtension.create(above.publicKey),
    ],
  );
  return { key: await pemOf(keys.privateKey), certificate: pem(certificate), chain: issuer.certificate + root };
}

/** With a number as ACM gives them: sixteen bytes, the first below 16. */
async function certify(
  parameters: Omit<import("@peculiar/x509").X509CertificateCreateWithKeyParams, "extensions" | "serialNumber">,
  extensions: readonly Extension[],
): Promise<X509Certificate> {
  const x509 = await library();
  const serial = randomBytes(16);
  serial[0] = 1 + ((serial[0] ?? 0) % 15);
  return x509.X509CertificateGenerator.create({
    ...parameters,
    serialNumber: serial.toString("hex"),
    extensions: [...extensions, await x509.SubjectKeyIdentifierExtension.create(parameters.publicKey as never)],
  });
}

/** Extensions that let an authority sign certificates of servers with these names, and nothing else. */
async function limitsTo(domains: readonly string[]): Promise<Extension[]> {
  const x509 = await library();
  const { GeneralName, GeneralSubtree, GeneralSubtrees, NameConstraints } = await import("@peculiar/asn1-x509");
  const { AsnConvert } = await import("@peculiar/asn1-schema");
  const bases = [
    ...domains.map((dNSName) => new GeneralName({ dNSName })),
    ...LOOPBACK.map((iPAddress) => new GeneralName({ iPAddress })),
  ];
  const permitted = new GeneralSubtrees(bases.map((base) => new GeneralSubtree({ base })));
  const constraints = AsnConvert.serialize(new NameConstraints({ permittedSubtrees: permitted }));
  return [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    new x509.ExtendedKeyUsageExtension([SERVER_AUTHENTICATION]),
    new x509.Extension(NAME_CONSTRAINTS, true, constraints),
  ];
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return String(createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({ format: "pem", type: "pkcs8" }));
}

async function library(): Promise<typeof import("@peculiar/x509")> {
  // x509's own dependency asks for it.
  await import("reflect-metadata");
  return import("@peculiar/x509");
}
