import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer, get } from "node:https";
import { join } from "node:path";
import {
  type ACMClient,
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  GetCertificateCommand,
  ListTagsForCertificateCommand,
  paginateListCertificates,
  RemoveTagsFromCertificateCommand,
  RequestCertificateCommand,
  type RequestCertificateCommandInput,
} from "@aws-sdk/client-acm";
import type { Route53Client } from "@aws-sdk/client-route-53";
import { describe, expect, onTestFinished, test } from "vitest";
import { listen } from "../../../../src/sandbox/plane/listen.ts";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { temporaryFolder } from "../../../support/folder.ts";
import { authorityOf } from "../../../support/sandbox.ts";
import { refusal } from "../clients.ts";
import { change, dnsClients, newZone, record } from "../route53/clients.ts";

const HOUR = 3600 * 1000;

async function request(acm: ACMClient, input: Partial<RequestCertificateCommandInput> = {}): Promise<string> {
  const { CertificateArn = "" } = await acm.send(
    new RequestCertificateCommand({ DomainName: "www.bia.test", ValidationMethod: "DNS", ...input }),
  );
  return CertificateArn;
}

async function described(acm: ACMClient, CertificateArn: string) {
  return (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate ?? {};
}

/** A listener that uses a certificate. */
function putListener(world: World, LoadBalancerArn: string, CertificateArn: string): void {
  world.region("us-east-1").elbv2.listeners.put({
    ListenerArn: "listener",
    LoadBalancerArn,
    Port: 443,
    Protocol: "HTTPS",
    Certificates: [{ CertificateArn }],
    DefaultActions: [],
    hidden: { defaultRule: "", tags: [] },
  });
}

/** Writes the validation records of a certificate into a zone. */
async function validate(acm: ACMClient, route53: Route53Client, zone: string, arn: string): Promise<void> {
  const { DomainValidationOptions = [] } = await described(acm, arn);
  for (const { ResourceRecord } of DomainValidationOptions) {
    const { Name = "", Value = "" } = ResourceRecord ?? {};
    await change(route53, zone, ["UPSERT", record(Name, "CNAME", Value)]);
  }
}

test("a requested certificate is pending, and names its validation record some seconds later", async () => {
  const { acm, world } = await dnsClients({ delays: "real" });
  const arn = await request(acm);
  expect(arn).toMatch(/^arn:aws:acm:us-east-1:\d{12}:certificate\/[0-9a-f-]{36}$/);
  const first = await described(acm, arn);
  expect(first).toMatchObject({
    DomainName: "www.bia.test",
    SubjectAlternativeNames: ["www.bia.test"],
    Status: "PENDING_VALIDATION",
    Type: "AMAZON_ISSUED",
    InUseBy: [],
    DomainValidationOptions: [
      { DomainName: "www.bia.test", ValidationStatus: "PENDING_VALIDATION", ValidationMethod: "DNS" },
    ],
  });
  expect(first.DomainValidationOptions?.[0]).not.toHaveProperty("ResourceRecord");
  await world.clock.advance(6_000);
  expect((await described(acm, arn)).DomainValidationOptions?.[0]?.ResourceRecord).toEqual({
    Name: expect.stringMatching(/^_[0-9a-f]{32}\.www\.bia\.test\.$/),
    Type: "CNAME",
    Value: expect.stringMatching(/^_[0-9a-f]{32}\.[a-z]{10}\.acm-validations\.aws\.$/),
  });
});

test("a domain and its wildcard share one record, the same for every certificate of the account", async () => {
  const { acm } = await dnsClients();
  const input = { DomainName: "bia.test", SubjectAlternativeNames: ["*.bia.test", "www.bia.test"] };
  const { DomainValidationOptions = [] } = await described(acm, await request(acm, input));
  const [apex, wildcard, www] = DomainValidationOptions.map(({ ResourceRecord }) => ResourceRecord?.Name);
  expect(wildcard).toBe(apex);
  expect(www).not.toBe(apex);
  const again = await described(acm, await request(acm, input));
  expect(again.DomainValidationOptions?.[0]?.ResourceRecord?.Name).toBe(apex);
});

test("a token means the same certificate for an hour; without one every request makes another", async () => {
  const { acm, world } = await dnsClients();
  const first = await request(acm, { IdempotencyToken: "one" });
  expect(await request(acm, { IdempotencyToken: "one" })).toBe(first);
  expect(await request(acm, { IdempotencyToken: "two" })).not.toBe(first);
  expect(await request(acm)).not.toBe(await request(acm));
  await world.clock.advance(HOUR + 1);
  expect(await request(acm, { IdempotencyToken: "one" })).not.toBe(first);
});

describe("a certificate is issued", () => {
  async function pending(input: Partial<RequestCertificateCommandInput> = { SubjectAlternativeNames: ["bia.test"] }) {
    const clients = await dnsClients({ delays: "real" });
    const zone = await newZone(clients.route53);
    const arn = await request(clients.acm, input);
    await clients.world.clock.advance(10_000);
    return { ...clients, zone, arn };
  }

  test("some time after all its records are in sync in a zone of the account", async () => {
    const { acm, route53, world, zone, arn } = await pending();
    await validate(acm, route53, zone, arn);
    await world.clock.advance(100_000);
    expect((await described(acm, arn)).Status).toBe("PENDING_VALIDATION");
    expect(await described(acm, arn)).not.toHaveProperty("Serial");
    await world.clock.advance(60_000);
    const issued = await described(acm, arn);
    expect(issued).toMatchObject({
      Status: "ISSUED",
      IssuedAt: expect.any(Date),
      Serial: expect.stringMatching(/^0[0-9a-f](:[0-9a-f]{2}){15}$/),
      KeyUsages: [{ Name: "DIGITAL_SIGNATURE" }, { Name: "KEY_ENCIPHERMENT" }],
      ExtendedKeyUsages: [{ Name: "TLS_WEB_SERVER_AUTHENTICATION" }],
      RenewalEligibility: "INELIGIBLE",
      DomainValidationOptions: [{ ValidationStatus: "SUCCESS" }, { ValidationStatus: "SUCCESS" }],
    });
    const days = ((issued.NotAfter?.getTime() ?? 0) - (issued.NotBefore?.getTime() ?? 0)) / (24 * HOUR);
    expect(days).toBe(198);
  });

  test("with a content that a client accepts at a server, for its names, if it trusts the sandbox's authority", async () => {
    const { acm, route53, world, zone, arn, sandbox } = await pending({ SubjectAlternativeNames: ["*.bia.test"] });
    await validate(acm, route53, zone, arn);
    await world.clock.advance(HOUR);
    const { Certificate = "", CertificateChain = "" } = await acm.send(
      new GetCertificateCommand({ CertificateArn: arn }),
    );
    const served = new X509Certificate(Certificate);
    const issued = await described(acm, arn);
    expect(served.serialNumber.toLowerCase()).toBe(issued.Serial?.replaceAll(":", ""));
    expect(new Date(served.validTo)).toEqual(issued.NotAfter);
    expect(served.subjectAltName).toBe("DNS:www.bia.test, DNS:*.bia.test");
    expect(served.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 });
    const { pem, here } = world.region("us-east-1").acm.certificates.get(arn)?.hidden ?? {};
    expect(pem).toMatchObject({ certificate: Certificate, chain: CertificateChain });
    // For browsers of this computer, who find only what is below localhost.
    const names = "DNS:www.bia.test.localhost, DNS:*.bia.test.localhost";
    expect(new X509Certificate(here?.certificate ?? "").subjectAltName).toBe(names);
    const server = createServer({ key: pem?.key, cert: Certificate + CertificateChain }, (_, response) => {
      response.end("bia");
    });
    const { port, close } = await listen(server, { port: 0 });
    onTestFinished(close);
    const ca = await authorityOf(sandbox);
    for (const servername of ["www.bia.test", "app.bia.test"]) {
      const said = await new Promise<string>((resolve, reject) => {
        const options = { host: "127.0.0.1", port, servername, ca, agent: false };
        get(options, (response) => response.setEncoding("utf8").once("data", resolve)).once("error", reject);
      });
      expect(said).toBe("bia");
    }
  });

  test("and openssl finds nothing wrong with it", async (context) => {
    if (spawnSync("openssl", ["version"]).status !== 0) context.skip("there is no openssl here");
    const { acm, route53, world, zone, arn, sandbox } = await pending();
    await validate(acm, route53, zone, arn);
    await world.clock.advance(HOUR);
    const { Certificate = "", CertificateChain = "" } = await acm.send(
      new GetCertificateCommand({ CertificateArn: arn }),
    );
    const folder = await temporaryFolder("bia-openssl-");
    const files = { root: await authorityOf(sandbox), chain: CertificateChain, certificate: Certificate };
    for (const [name, pem] of Object.entries(files)) await writeFile(join(folder, name), pem);
    const verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "www.bia.test"];
    const { stdout, stderr } = spawnSync(
      "openssl",
      [...verify, "-CAfile", "root", "-untrusted", "chain", "certificate"],
      {
        cwd: folder,
        encoding: "utf8",
      },
    );
    expect(stdout + stderr).toBe("certificate: OK\n");
  });

  test("anew before it ends, if something uses it; else it ends one day", async () => {
    const { acm, route53, world, zone, arn } = await pending();
    await validate(acm, route53, zone, arn);
    await world.clock.advance(HOUR);
    const first = await described(acm, arn);
    const LoadBalancerArn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/bia-alb/1";
    putListener(world, LoadBalancerArn, arn);
    await world.clock.advance(160 * 24 * HOUR);
    const second = await described(acm, arn);
    expect(second).toMatchObject({ Status: "ISSUED", IssuedAt: first.IssuedAt });
    expect(second.Serial).not.toBe(first.Serial);
    expect(Number(second.NotAfter)).toBeGreaterThan(Number(first.NotAfter));
    world.region("us-east-1").elbv2.listeners.delete("listener");
    await world.clock.advance(198 * 24 * HOUR);
    expect((await described(acm, arn)).Status).toBe("EXPIRED");
  });

  test("not while one of its records is missing or wrong, and after 72 hours never", async () => {
    const { acm, route53, world, zone, arn } = await pending();
    const { DomainValidationOptions = [] } = await described(acm, arn);
    const [right, wrong] = DomainValidationOptions.map(({ ResourceRecord }) => ResourceRecord);
    await change(route53, zone, ["UPSERT", record(right?.Name ?? "", "CNAME", right?.Value ?? "")]);
    await change(route53, zone, ["UPSERT", record(wrong?.Name ?? "", "CNAME", right?.Value ?? "")]);
    await world.clock.advance(71 * HOUR);
    expect((await described(acm, arn)).Status).toBe("PENDING_VALIDATION");
    await world.clock.advance(HOUR);
    expect((await described(acm, arn)).Status).toBe("VALIDATION_TIMED_OUT");
    await validate(acm, route53, zone, arn);
    await world.clock.advance(HOUR);
    expect((await described(acm, arn)).Status).toBe("VALIDATION_TIMED_OUT");
  });

  test("not against the domain's CAA records: then it has failed and says why", async () => {
    const { acm, route53, world, zone, arn } = await pending();
    await change(route53, zone, ["CREATE", record("bia.test", "CAA", '0 issue "letsencrypt.org"')]);
    await validate(acm, route53, zone, arn);
    await world.clock.advance(HOUR);
    expect(await described(acm, arn)).toMatchObject({ Status: "FAILED", FailureReason: "CAA_ERROR" });
    await change(route53, zone, ["UPSERT", record("bia.test", "CAA", '0 issue "amazon.com"')]);
    const second = await request(acm);
    await world.clock.advance(HOUR);
    await validate(acm, route53, zone, second);
    await world.clock.advance(HOUR);
    expect((await described(acm, second)).Status).toBe("ISSUED");
  });
});

test("a listing shows RSA keys of up to 2048 bits unless it is asked for others", async () => {
  const { acm } = await dnsClients({ pageSize: 1 });
  const rsa = await request(acm, { DomainName: "a.bia.test" });
  const other = await request(acm, { DomainName: "b.bia.test", KeyAlgorithm: "EC_prime256v1" });
  const list = async (input: object) => {
    const arns: (string | undefined)[] = [];
    for await (const page of paginateListCertificates({ client: acm }, input)) {
      arns.push(...(page.CertificateSummaryList ?? []).map(({ CertificateArn }) => CertificateArn));
    }
    return arns;
  };
  expect(await list({})).toEqual([rsa]);
  expect(await list({ Includes: { keyTypes: ["EC_prime256v1", "RSA_2048"] } })).toEqual([rsa, other]);
  expect(await list({ CertificateStatuses: ["ISSUED"] })).toEqual([]);
  expect(await refusal(list({ Includes: { exportOption: "ENABLED" } }))).toMatch(/^SandboxNotEmulated: .*exportOption/);
});

test("a certificate cannot be deleted while a listener uses it, nor for a while after", async () => {
  const { acm, world } = await dnsClients({ delays: "real" });
  const arn = await request(acm);
  const { listeners } = world.region("us-east-1").elbv2;
  const LoadBalancerArn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/bia-alb/1";
  putListener(world, LoadBalancerArn, arn);
  expect((await described(acm, arn)).InUseBy).toEqual([LoadBalancerArn]);
  const remove = () => acm.send(new DeleteCertificateCommand({ CertificateArn: arn }));
  expect(await refusal(remove())).toBe(
    `ResourceInUseException: Certificate ${arn} in account ${world.account} is in use.`,
  );
  listeners.delete("listener");
  await world.clock.advance(170_000);
  expect(await refusal(remove())).toMatch(/^ResourceInUseException: /);
  await world.clock.advance(20_000);
  expect((await described(acm, arn)).InUseBy).toEqual([]);
  await remove();
  expect(await refusal(remove())).toBe(`ResourceNotFoundException: Could not find certificate ${arn}.`);
});

test("tags come with the request, are added, removed and listed", async () => {
  const { acm } = await dnsClients();
  const CertificateArn = await request(acm, { Tags: [{ Key: "a", Value: "1" }] });
  await acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags: [{ Key: "b", Value: "2" }] }));
  await acm.send(new RemoveTagsFromCertificateCommand({ CertificateArn, Tags: [{ Key: "b", Value: "other" }] }));
  await acm.send(new RemoveTagsFromCertificateCommand({ CertificateArn, Tags: [{ Key: "a" }] }));
  const { Tags } = await acm.send(new ListTagsForCertificateCommand({ CertificateArn }));
  expect(Tags).toEqual([{ Key: "b", Value: "2" }]);
});

test("the content of a certificate that is not issued cannot be had", async () => {
  const { acm } = await dnsClients();
  const CertificateArn = await request(acm);
  expect(await refusal(acm.send(new GetCertificateCommand({ CertificateArn })))).toMatch(
    /^RequestInProgressException: /,
  );
});

describe("refused is a request", () => {
  test.each<[string, Partial<RequestCertificateCommandInput>, RegExp]>([
    ["for something that is no domain", { DomainName: "localhost" }, /^ValidationException: /],
    ["with a token of other signs", { IdempotencyToken: "a-b" }, /^ValidationException: /],
    [
      "for more than ten names",
      { SubjectAlternativeNames: [..."0123456789"].map((n) => `w${n}.bia.test`) },
      /^LimitExceededException: /,
    ],
    ["with tags of AWS", { Tags: [{ Key: "aws:x", Value: "" }] }, /^InvalidTagException: /],
    ["for a key that can only be imported", { KeyAlgorithm: "RSA_4096" }, /^InvalidParameterException: /],
    ["validated by e-mail, which is not emulated", { ValidationMethod: "EMAIL" }, /^SandboxNotEmulated: /],
  ])("%s", async (_, input, expected) => {
    const { acm } = await dnsClients();
    expect(await refusal(request(acm, input))).toMatch(expected);
  });
});
