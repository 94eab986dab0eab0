import { beforeAll, expect, it } from "vitest";
import { ask, aws, describeOnAwsCli, look, tagsOf } from "./aws.ts";

interface RecordSet {
  readonly Name: string;
  readonly Type: string;
  readonly TTL: number;
  readonly ResourceRecords: readonly { readonly Value: string }[];
}

describeOnAwsCli("the aws CLI on Route 53 and ACM of the sandbox", () => {
  let zone: string;
  let certificate: string;

  beforeAll(() => {
    zone = ask("HostedZones[0].Id", "route53", "list-hosted-zones-by-name", "--dns-name", "bia.localhost");
    certificate = ask("CertificateSummaryList[0].CertificateArn", "acm", "list-certificates");
  });

  const records = (): RecordSet[] =>
    look("route53", "list-resource-record-sets", "--hosted-zone-id", zone).ResourceRecordSets;
  const balancer = () => ask("LoadBalancers[0].DNSName", "elbv2", "describe-load-balancers");

  it("shows the hosted zone with its four name servers", () => {
    const found = look("route53", "get-hosted-zone", "--id", zone);
    expect(found.HostedZone).toMatchObject({ Name: "bia.localhost.", Config: { PrivateZone: false } });
    expect(found.DelegationSet.NameServers).toHaveLength(4);
    const tags = look(
      "route53",
      "list-tags-for-resource",
      "--resource-type",
      "hostedzone",
      "--resource-id",
      zone.slice(12),
    );
    expect(tagsOf(tags.ResourceTagSet.Tags)).toMatchObject({ "bia-infra:stack": "bia" });
  });

  it("shows the zone's own records", () => {
    const own = records().filter(({ Name }) => Name === "bia.localhost.");
    expect(own).toMatchObject([
      { Type: "NS", TTL: 172_800 },
      { Type: "SOA", TTL: 900 },
    ]);
  });

  it("shows the www record, which leads to the load balancer", () => {
    expect(records().find(({ Name, Type }) => Name === "www.bia.localhost." && Type === "CNAME")).toEqual({
      Name: "www.bia.localhost.",
      Type: "CNAME",
      TTL: 300,
      ResourceRecords: [{ Value: balancer() }],
    });
  });

  it("shows the record that proves the domain to ACM, with name and value from the certificate", () => {
    const { Certificate } = look("acm", "describe-certificate", "--certificate-arn", certificate);
    const [{ ResourceRecord }] = Certificate.DomainValidationOptions;
    expect(records().find(({ Name, Type }) => Name === ResourceRecord.Name && Type === "CNAME")).toEqual({
      Name: ResourceRecord.Name,
      Type: "CNAME",
      TTL: 300,
      ResourceRecords: [{ Value: ResourceRecord.Value }],
    });
  });

  it("shows the certificate of the www name: validated by DNS, issued, used by the load balancer", () => {
    const { Certificate } = look("acm", "describe-certificate", "--certificate-arn", certificate);
    expect(Certificate).toMatchObject({
      DomainName: "www.bia.localhost",
      SubjectAlternativeNames: ["www.bia.localhost"],
      Status: "ISSUED",
      Type: "AMAZON_ISSUED",
      KeyAlgorithm: "RSA_2048",
      DomainValidationOptions: [
        { DomainName: "www.bia.localhost", ValidationMethod: "DNS", ValidationStatus: "SUCCESS" },
      ],
      InUseBy: [ask("LoadBalancers[0].LoadBalancerArn", "elbv2", "describe-load-balancers")],
    });
    const tags = look("acm", "list-tags-for-certificate", "--certificate-arn", certificate);
    expect(tagsOf(tags.Tags)).toMatchObject({ "bia-infra:stack": "bia", "bia-infra:task": "certificate" });
  });

  it("lists the certificate as the one that there is", () => {
    const found = look("acm", "list-certificates", "--certificate-statuses", "ISSUED");
    expect(found.CertificateSummaryList).toMatchObject([{ DomainName: "www.bia.localhost", InUse: true }]);
  });

  it("lets its waiter see that the certificate is issued", () => {
    expect(aws("acm", "wait", "certificate-validated", "--certificate-arn", certificate).code).toBeUndefined();
  });

  it("tells when a change of records is everywhere", () => {
    const [www] = records().filter(({ Name, Type }) => Name === "www.bia.localhost." && Type === "CNAME");
    const batch = JSON.stringify({ Changes: [{ Action: "UPSERT", ResourceRecordSet: www }] });
    const change = ["change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", batch];
    const { ChangeInfo } = look("route53", ...change);
    expect(ChangeInfo.Id).toMatch(/^\/change\/C/);
    expect(aws("route53", "wait", "resource-record-sets-changed", "--id", ChangeInfo.Id).code).toBeUndefined();
  });

  const change = (Action: string, ResourceRecordSet: object) => [
    ...["change-resource-record-sets", "--hosted-zone-id", zone],
    ...["--change-batch", JSON.stringify({ Changes: [{ Action, ResourceRecordSet }] })],
  ];
  const text = (Name: string) => ({ Name, Type: "TXT", TTL: 300, ResourceRecords: [{ Value: '"x"' }] });
  const www = { Name: "www.bia.localhost", Type: "CNAME", TTL: 300, ResourceRecords: [{ Value: "elsewhere.test" }] };
  it.each([
    ["NoSuchHostedZone", () => ["get-hosted-zone", "--id", "Z00000000000000000000"]],
    ["NoSuchHostedZone", () => ["delete-hosted-zone", "--id", "Z00000000000000000000"]],
    ["NoSuchChange", () => ["get-change", "--id", "C00000000000000000000"]],
    ["HostedZoneNotEmpty", () => ["delete-hosted-zone", "--id", zone]],
    [
      "HostedZoneAlreadyExists",
      () => [
        ...["create-hosted-zone", "--name", "bia.localhost", "--caller-reference"],
        ask("HostedZone.CallerReference", "route53", "get-hosted-zone", "--id", zone),
      ],
    ],
    // There already; not as it is there; beside a CNAME; at the apex.
    ["InvalidChangeBatch", () => change("CREATE", www)],
    ["InvalidChangeBatch", () => change("DELETE", www)],
    ["InvalidChangeBatch", () => change("CREATE", text("www.bia.localhost"))],
    ["InvalidChangeBatch", () => change("CREATE", { ...www, Name: "bia.localhost" })],
    ["SandboxNotEmulated", () => ["list-health-checks"]],
  ])("is refused by Route 53 with AWS's own code: %s (%#)", (code, args) => {
    expect(aws("route53", ...args()).code).toBe(code);
  });

  it.each([
    [
      "ResourceNotFoundException",
      () => [
        ...["describe-certificate", "--certificate-arn"],
        certificate.replace(/[^/]*$/, "00000000-0000-0000-0000-000000000000"),
      ],
    ],
    ["ResourceInUseException", () => ["delete-certificate", "--certificate-arn", certificate]],
    ["SandboxNotEmulated", () => ["get-account-configuration"]],
  ])("is refused by ACM with AWS's own code: %s", (code, args) => {
    expect(aws("acm", ...args()).code).toBe(code);
  });

  it("is refused an HTTPS listener with a certificate that is not issued yet", () => {
    const pending = look(
      "acm",
      "request-certificate",
      "--domain-name",
      "www.example.com",
      "--validation-method",
      "DNS",
    );
    const listener = ["create-listener", "--protocol", "HTTPS", "--port", "8443"];
    const arn = ask("LoadBalancers[0].LoadBalancerArn", "elbv2", "describe-load-balancers");
    const target = ask("TargetGroups[0].TargetGroupArn", "elbv2", "describe-target-groups");
    const refused = aws(
      ...["elbv2", ...listener, "--load-balancer-arn", arn],
      ...["--certificates", `CertificateArn=${pending.CertificateArn}`],
      ...["--default-actions", `Type=forward,TargetGroupArn=${target}`],
    );
    expect(refused).toMatchObject({
      code: "UnsupportedCertificate",
      message: expect.stringContaining("must have a fully-qualified domain name, a supported signature"),
    });
    expect(aws("acm", "delete-certificate", "--certificate-arn", pending.CertificateArn).code).toBeUndefined();
  });
});
