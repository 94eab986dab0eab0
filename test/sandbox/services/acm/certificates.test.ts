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
import { describe, expect, test } from "vitest";
import type { World } from "../../../../src/sandbox/world/world.ts";
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
  async function pending(): Promise<{
    acm: ACMClient;
    route53: Route53Client;
    world: World;
    zone: string;
    arn: string;
  }> {
    const clients = await dnsClients({ delays: "real" });
    const zone = await newZone(clients.route53);
    const arn = await request(clients.acm, { SubjectAlternativeNames: ["bia.test"] });
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
  listeners.put({
    ListenerArn: "listener",
    LoadBalancerArn,
    Port: 443,
    Protocol: "HTTPS",
    Certificates: [{ CertificateArn: arn }],
    DefaultActions: [],
    hidden: { defaultRule: "", tags: [] },
  });
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
