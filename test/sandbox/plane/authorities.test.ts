import { X509Certificate } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { Authorities } from "../../../src/sandbox/plane/authorities.ts";
import type { Authority, Issued } from "../../../src/sandbox/plane/certificate.ts";
import { issueCertificate, makeKeys } from "../../../src/sandbox/plane/certificate.ts";
import { listen } from "../../../src/sandbox/plane/listen.ts";
import { temporaryFolder } from "../../support/folder.ts";

const NAMES = ["000000000000.dkr.ecr.us-east-1.amazonaws.com"];

function order(...names: string[]) {
  return { names, from: new Date(Date.now() - 60_000), until: new Date(Date.now() + 3_600_000) };
}

/** What a client that trusts `ca` says of a server with this certificate, asked by a name: undefined, it is right. */
async function complaint(
  { key, certificate, chain }: Issued,
  ca: string,
  servername: string,
): Promise<string | undefined> {
  const server = createServer({ key, cert: certificate + chain }, (_request, response) => response.end());
  const listening = await listen(server, { port: 0 });
  try {
    return await new Promise((resolve) => {
      const socket = connect({ host: "127.0.0.1", port: listening.port, servername, ca });
      socket.once("secureConnect", () => resolve(undefined)).once("error", (error) => resolve(error.message));
      onTestFinished(() => void socket.destroy());
    });
  } finally {
    await listening.close();
  }
}

describe("the sandbox's authorities", () => {
  it("sign certificates that a client accepts for their names, wildcards among them, and for no others", async () => {
    const authorities = new Authorities(NAMES);
    const { pem } = await authorities.root();
    const issued = await authorities.issue(order("bia.localhost", "*.bia.test", ...NAMES), "RSA_2048");
    for (const name of ["bia.localhost", "www.bia.test", ...NAMES])
      expect(await complaint(issued, pem, name)).toBeUndefined();
    expect(await complaint(issued, pem, "bia.test")).toMatch(/altnames/);
    const other = await new Authorities(NAMES).root();
    expect(await complaint(issued, other.pem, "bia.localhost")).toMatch(/self-signed certificate/);
  });

  it.each([
    ["RSA_2048", "rsa"],
    ["EC_prime256v1", "ec"],
    ["EC_secp384r1", "ec"],
  ] as const)("make keys of the sort that was asked for: %s", async (algorithm, sort) => {
    const { certificate } = await new Authorities(NAMES).issue(order("bia.test"), algorithm);
    expect(new X509Certificate(certificate).publicKey.asymmetricKeyType).toBe(sort);
  });

  it("sign for another domain with an authority that can sign for this domain alone", async () => {
    const authorities = new Authorities(NAMES);
    const { pem } = await authorities.root();
    const issued = await authorities.issue(order("www.bia.com.br", "*.bia.com.br", "bia.com.br"));
    expect(await complaint(issued, pem, "bia.com.br")).toMatch(/self-signed certificate/);
    const own = issued.chain.slice(issued.chain.lastIndexOf("-----BEGIN"));
    expect(await complaint(issued, own, "bia.com.br")).toBeUndefined();
    expect(await complaint(issued, own, "www.bia.com.br")).toBeUndefined();
  });

  it("are of no use to a thief of their keys: a client refuses what they sign for any other name or address", async () => {
    const folder = await temporaryFolder("bia-authorities-");
    const { pem: root } = await new Authorities(NAMES, folder).root();
    const [name = ""] = await readdir(folder);
    const read = (file: string) => readFile(join(folder, name, file), "utf8");
    const stolen: Authority = {
      root,
      issuer: { key: await read("issuer.key"), certificate: await read("issuer.pem") },
    };
    const keys = await makeKeys("EC_prime256v1");
    const fake = (...names: string[]) => issueCertificate(stolen, order(...names), keys);
    expect(await complaint(await fake("bia.test"), root, "bia.test")).toBeUndefined();
    for (const bank of ["bank.com", "ecr.us-east-1.amazonaws.com", "notlocalhost"]) {
      expect(await complaint(await fake(bank), root, bank), bank).toMatch(/permitted subtree violation/);
    }
    expect(await complaint(await fake("bia.test", "10.0.0.1"), root, "bia.test")).toMatch(
      /permitted subtree violation/,
    );
    expect(await complaint(await fake("bia.test", "::2"), root, "bia.test")).toMatch(/permitted subtree violation/);
    expect(await complaint(await fake("bia.test", "127.0.0.1", "::1"), root, "bia.test")).toBeUndefined();
    // Nor does its key sign for the root itself.
    expect(
      new X509Certificate(stolen.root).publicKey.equals(new X509Certificate(stolen.issuer.certificate).publicKey),
    ).toBe(false);
  });

  it("are kept in their folder, the key for its user only, and are the same in the next process", async () => {
    const folder = await temporaryFolder("bia-authorities-");
    const first = await new Authorities(NAMES, folder).root();
    expect(await readFile(first.file ?? "", "utf8")).toBe(first.pem);
    const [name = "", ...others] = await readdir(folder);
    expect(others).toEqual([]);
    const mode = async (file: string) => (await stat(join(folder, name, file))).mode & 0o777;
    expect([await mode("issuer.key"), await mode("root.pem"), await mode("")]).toEqual([0o600, 0o644, 0o700]);
    const next = new Authorities(NAMES, folder);
    expect((await next.root()).pem).toBe(first.pem);
    expect(await complaint(await next.issue(order("bia.test")), first.pem, "bia.test")).toBeUndefined();
  });

  it("are made once, whoever else asks at the same time", async () => {
    const folder = await temporaryFolder("bia-authorities-");
    const authorities = new Authorities(NAMES, folder);
    const [one, other] = await Promise.all([authorities.root(), authorities.root()]);
    expect(one).toEqual(other);
    expect(await readdir(folder)).toHaveLength(1);
  });
});
