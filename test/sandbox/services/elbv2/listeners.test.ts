import {
  CreateListenerCommand,
  type CreateListenerCommandInput,
  DeleteListenerCommand,
  DescribeListenerAttributesCommand,
  DescribeListenersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupsCommand,
  ModifyListenerCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { refusal } from "../clients.ts";
import { type Balancing, balancing, createBalancer, createTargetGroup, listen } from "./fixtures.ts";

const CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012";

function certificate({ region, world }: Balancing, Status: "ISSUED" | "PENDING_VALIDATION"): void {
  region.acm.certificates.put({
    CertificateArn: CERTIFICATE,
    DomainName: "www.bia.test",
    SubjectAlternativeNames: ["www.bia.test"],
    DomainValidationOptions: [],
    Status,
    Type: "AMAZON_ISSUED",
    KeyAlgorithm: "RSA_2048",
    CreatedAt: world.now(),
    hidden: { tags: [], recordsKnownAt: world.now(), inUseUntil: {} },
  });
}

/** Creates a listener on a new load balancer; HTTPS 443 with the certificate unless the input says otherwise. */
async function createHttps(at: Balancing, input: Partial<CreateListenerCommandInput> = {}) {
  const LoadBalancerArn = await createBalancer(at);
  const DefaultActions = [{ Type: "forward" as const, TargetGroupArn: await createTargetGroup(at) }];
  const usual = { LoadBalancerArn, Protocol: "HTTPS", Port: 443, DefaultActions } as const;
  const Certificates = [{ CertificateArn: CERTIFICATE }];
  const { Listeners } = await at.elbv2.send(new CreateListenerCommand({ ...usual, Certificates, ...input }));
  return Listeners?.[0];
}

describe("a listener", () => {
  test("forwards to a target group, which then belongs to the load balancer", async () => {
    const at = await balancing();
    const LoadBalancerArn = await createBalancer(at);
    const TargetGroupArn = await createTargetGroup(at);
    const ListenerArn = await listen(at, LoadBalancerArn, TargetGroupArn);
    expect(ListenerArn).toMatch(/:listener\/app\/bia-alb\/[0-9a-f]{16}\/[0-9a-f]{16}$/);
    const { Listeners } = await at.elbv2.send(new DescribeListenersCommand({ LoadBalancerArn }));
    expect(Listeners).toMatchObject([
      {
        ListenerArn,
        Port: 80,
        Protocol: "HTTP",
        DefaultActions: [
          {
            Type: "forward",
            TargetGroupArn,
            ForwardConfig: {
              TargetGroups: [{ TargetGroupArn, Weight: 1 }],
              TargetGroupStickinessConfig: { Enabled: false },
            },
          },
        ],
      },
    ]);
    const groups = async () =>
      (await at.elbv2.send(new DescribeTargetGroupsCommand({}))).TargetGroups?.map(
        ({ LoadBalancerArns }) => LoadBalancerArns ?? [],
      );
    expect(await groups()).toEqual([[LoadBalancerArn]]);
    await at.elbv2.send(new DeleteListenerCommand({ ListenerArn }));
    expect(await groups()).toEqual([[]]);
  });

  test("has a default rule, and attributes", async () => {
    const at = await balancing();
    const ListenerArn = await listen(at, await createBalancer(at), await createTargetGroup(at));
    const { Rules } = await at.elbv2.send(new DescribeRulesCommand({ ListenerArn }));
    expect(Rules).toMatchObject([{ IsDefault: true, Priority: "default", Actions: [{ Type: "forward" }] }]);
    expect(Rules?.[0]?.RuleArn).toContain(":listener-rule/app/bia-alb/");
    const { Attributes } = await at.elbv2.send(new DescribeListenerAttributesCommand({ ListenerArn }));
    expect(Attributes).toContainEqual({ Key: "routing.http.response.server.enabled", Value: "true" });
  });

  test("is created once for the same settings; another one on its port is refused", async () => {
    const at = await balancing();
    const balancer = await createBalancer(at);
    const group = await createTargetGroup(at);
    const arn = await listen(at, balancer, group);
    expect(await listen(at, balancer, group)).toBe(arn);
    const other = await createTargetGroup(at, { Name: "tg-other" });
    const duplicate = `DuplicateListener: A listener already exists on this port for this load balancer '${balancer}'`;
    expect(await refusal(listen(at, balancer, other))).toBe(duplicate);
    const ListenerArn = await listen(at, balancer, group, 8080);
    expect(await refusal(at.elbv2.send(new ModifyListenerCommand({ ListenerArn, Port: 80 })))).toBe(duplicate);
  });

  test("cannot send to a target group of another load balancer", async () => {
    const at = await balancing();
    const group = await createTargetGroup(at);
    await listen(at, await createBalancer(at), group);
    const other = await createBalancer(at, { Name: "other" });
    expect(await refusal(listen(at, other, group))).toMatch(/^TargetGroupAssociationLimit: /);
  });

  test("changes its target group in place", async () => {
    const at = await balancing();
    const ListenerArn = await listen(at, await createBalancer(at), await createTargetGroup(at));
    const TargetGroupArn = await createTargetGroup(at, { Name: "tg-other" });
    const DefaultActions = [{ Type: "forward" as const, TargetGroupArn }];
    await at.elbv2.send(new ModifyListenerCommand({ ListenerArn, DefaultActions }));
    const { Listeners } = await at.elbv2.send(new DescribeListenersCommand({ ListenerArns: [ListenerArn] }));
    expect(Listeners).toMatchObject([{ Port: 80, Protocol: "HTTP", DefaultActions: [{ TargetGroupArn }] }]);
  });

  test("of a load balancer or target group that is not there is refused", async () => {
    const at = await balancing();
    const balancer = await createBalancer(at);
    const group = await createTargetGroup(at);
    expect(await refusal(listen(at, `${balancer}0`, group))).toBe(
      `LoadBalancerNotFound: Load balancer '${balancer}0' not found`,
    );
    expect(await refusal(listen(at, balancer, `${group}0`))).toBe(
      `TargetGroupNotFound: Target groups '${group}0' not found`,
    );
  });
});

describe("an HTTPS listener", () => {
  test("has its certificate and a security policy", async () => {
    const at = await balancing();
    certificate(at, "ISSUED");
    expect(await createHttps(at)).toMatchObject({
      Certificates: [{ CertificateArn: CERTIFICATE }],
      SslPolicy: "ELBSecurityPolicy-2016-08",
    });
  });

  test("trap 7: with a certificate that is not issued yet is refused, in words that do not say so", async () => {
    const at = await balancing();
    certificate(at, "PENDING_VALIDATION");
    expect(await refusal(createHttps(at))).toBe(
      `UnsupportedCertificate: The certificate '${CERTIFICATE}' must have a fully-qualified domain name, a supported signature, and a supported key size.`,
    );
  });

  test.each<[string, Partial<CreateListenerCommandInput>, string]>([
    ["without a certificate", { Certificates: [] }, "ValidationError: A certificate must be specified"],
    [
      "with two certificates",
      { Certificates: [{ CertificateArn: CERTIFICATE }, { CertificateArn: CERTIFICATE }] },
      "TooManyCertificates: ",
    ],
    [
      "with a certificate that is not there",
      { Certificates: [{ CertificateArn: "arn:none" }] },
      "CertificateNotFound: Certificate 'arn:none' not found",
    ],
    ["with a policy that is not there", { SslPolicy: "mine" }, "SSLPolicyNotFound: SSL policy 'mine' not found"],
    ["that is HTTP but has a certificate", { Protocol: "HTTP" }, "ValidationError: A certificate cannot be specified"],
  ])("%s is refused", async (_, input, words) => {
    const at = await balancing();
    certificate(at, "ISSUED");
    expect(await refusal(createHttps(at, input))).toContain(words);
  });

  test("becomes an HTTP listener without its certificate", async () => {
    const at = await balancing();
    certificate(at, "ISSUED");
    const { ListenerArn } = (await createHttps(at)) ?? {};
    const { Listeners } = await at.elbv2.send(new ModifyListenerCommand({ ListenerArn, Protocol: "HTTP", Port: 80 }));
    expect(Listeners?.[0]).toMatchObject({ Protocol: "HTTP", Port: 80 });
    expect(Listeners?.[0]?.SslPolicy).toBeUndefined();
  });
});
