import {
  type Action,
  AddListenerCertificatesCommand,
  AddTagsCommand,
  CreateRuleCommand,
  type CreateRuleCommandInput,
  DeleteListenerCommand,
  DeleteRuleCommand,
  DeleteTargetGroupCommand,
  DescribeListenerCertificatesCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
  ModifyListenerCommand,
  ModifyRuleCommand,
  RemoveListenerCertificatesCommand,
  SetRulePrioritiesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { refusal } from "../clients.ts";
import { type Balancing, balancing, createBalancer, createTargetGroup, listen } from "./fixtures.ts";

const FIXED: Action = { Type: "fixed-response", FixedResponseConfig: { StatusCode: "404" } };
const PATH = [{ Field: "path-pattern", Values: ["/api/*"] }];

interface Listening extends Balancing {
  readonly listener: string;
  readonly group: string;
  rule(input?: Partial<CreateRuleCommandInput>): Promise<string>;
}

async function listening(): Promise<Listening> {
  const at = await balancing();
  const group = await createTargetGroup(at);
  const listener = await listen(at, await createBalancer(at), group);
  return {
    ...at,
    group,
    listener,
    rule: async (input) => {
      const usual = { ListenerArn: listener, Priority: 10, Conditions: PATH, Actions: [FIXED] };
      const { Rules } = await at.elbv2.send(new CreateRuleCommand({ ...usual, ...input }));
      return Rules?.[0]?.RuleArn ?? "";
    },
  };
}

async function priorities({ elbv2, listener: ListenerArn }: Listening): Promise<(string | undefined)[]> {
  const { Rules } = await elbv2.send(new DescribeRulesCommand({ ListenerArn }));
  return (Rules ?? []).map(({ Priority }) => Priority);
}

describe("a rule", () => {
  test("is shown with what it says, in its place before the default one", async () => {
    const at = await listening();
    await at.rule({ Priority: 20 });
    const arn = await at.rule();
    expect(arn).toMatch(/:listener-rule\/app\/bia-alb\/[0-9a-f]{16}\/[0-9a-f]{16}\/[0-9a-f]{16}$/);
    expect(await priorities(at)).toEqual(["10", "20", "default"]);
    const { Rules } = await at.elbv2.send(new DescribeRulesCommand({ RuleArns: [arn] }));
    expect(Rules).toEqual([
      {
        RuleArn: arn,
        Priority: "10",
        IsDefault: false,
        Conditions: [{ Field: "path-pattern", Values: ["/api/*"], PathPatternConfig: { Values: ["/api/*"] } }],
        Actions: [FIXED],
      },
    ]);
  });

  test("holds the target groups that it sends to", async () => {
    const at = await listening();
    const [one, other] = [
      await createTargetGroup(at, { Name: "blue" }),
      await createTargetGroup(at, { Name: "green" }),
    ];
    const TargetGroups = [
      { TargetGroupArn: one, Weight: 9 },
      { TargetGroupArn: other, Weight: 1 },
    ];
    const arn = await at.rule({ Actions: [{ Type: "forward", ForwardConfig: { TargetGroups } }] });
    const { TargetGroups: found } = await at.elbv2.send(new DescribeTargetGroupsCommand({ Names: ["blue", "green"] }));
    expect(found?.map(({ LoadBalancerArns }) => LoadBalancerArns?.length)).toEqual([1, 1]);
    const remove = new DeleteTargetGroupCommand({ TargetGroupArn: other });
    expect(await refusal(at.elbv2.send(remove))).toMatch(/^ResourceInUse/);
    await at.elbv2.send(new DeleteRuleCommand({ RuleArn: arn }));
    await at.elbv2.send(remove);
    expect(await priorities(at)).toEqual(["default"]);
  });

  test("changes in place, and goes with its listener", async () => {
    const at = await listening();
    const arn = await at.rule();
    const Conditions = [{ Field: "host-header", HostHeaderConfig: { Values: ["*.bia.test"] } }];
    const { Rules } = await at.elbv2.send(new ModifyRuleCommand({ RuleArn: arn, Conditions }));
    expect(Rules?.[0]?.Conditions).toEqual([{ ...Conditions[0], Values: ["*.bia.test"] }]);
    expect(Rules?.[0]?.Actions).toEqual([FIXED]);
    await at.elbv2.send(new DeleteListenerCommand({ ListenerArn: at.listener }));
    expect(await refusal(at.elbv2.send(new DescribeRulesCommand({ RuleArns: [arn] })))).toMatch(/^RuleNotFound/);
  });

  test("changes places with another one in a single call, and with none that it leaves out", async () => {
    const at = await listening();
    const [one, other] = [await at.rule({ Priority: 1 }), await at.rule({ Priority: 2 })];
    const set = (...RulePriorities: { RuleArn: string; Priority: number }[]) =>
      at.elbv2.send(new SetRulePrioritiesCommand({ RulePriorities }));
    await set({ RuleArn: one, Priority: 2 }, { RuleArn: other, Priority: 1 });
    const { Rules } = await at.elbv2.send(new DescribeRulesCommand({ ListenerArn: at.listener }));
    expect(Rules?.map(({ RuleArn }) => RuleArn).slice(0, 2)).toEqual([other, one]);
    expect(await refusal(set({ RuleArn: one, Priority: 1 }))).toBe("PriorityInUse: Priority '1' is currently in use");
  });

  test("has tags", async () => {
    const at = await listening();
    const arn = await at.rule({ Tags: [{ Key: "stack", Value: "bia" }] });
    await at.elbv2.send(new AddTagsCommand({ ResourceArns: [arn], Tags: [{ Key: "task", Value: "rule" }] }));
    const { TagDescriptions } = await at.elbv2.send(new DescribeTagsCommand({ ResourceArns: [arn] }));
    expect(TagDescriptions?.[0]?.Tags?.map(({ Key }) => Key)).toEqual(["stack", "task"]);
  });

  test.each<[string, Partial<CreateRuleCommandInput>, string]>([
    ["a priority that is taken", { Priority: 7 }, "PriorityInUse: Priority '7' is currently in use"],
    ["a priority out of range", { Priority: 50001 }, "must have value less than or equal to 50000"],
    ["no condition", { Conditions: [] }, "A condition must be specified"],
    [
      "six values",
      { Conditions: [{ Field: "path-pattern", Values: [..."abcdef"] }] },
      "only have '5' condition values",
    ],
    ["a field of no condition", { Conditions: [{ Field: "cookie", Values: ["a"] }] }, "must be one of '[host-header,"],
    [
      "an address that is no block",
      { Conditions: [{ Field: "source-ip", SourceIpConfig: { Values: ["1.2.3.4"] } }] },
      "CIDR",
    ],
    [
      "a redirect to the same place",
      { Actions: [{ Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301" } }] },
      "InvalidLoadBalancerAction: The redirect configuration is not valid because it creates a loop.",
    ],
    [
      "a response of 302",
      { Actions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "302" } }] },
      "'302'",
    ],
    ["an identity provider", { Actions: [{ Type: "authenticate-oidc" }] }, "SandboxNotEmulated"],
  ])("with %s is refused", async (_, input, words) => {
    const at = await listening();
    await at.rule({ Priority: 7 });
    expect(await refusal(at.rule(input))).toContain(words);
  });

  test("that is the default one is neither changed nor deleted by itself", async () => {
    const at = await listening();
    const { Rules } = await at.elbv2.send(new DescribeRulesCommand({ ListenerArn: at.listener }));
    const RuleArn = Rules?.[0]?.RuleArn ?? "";
    const words = "OperationNotPermitted: Default rule";
    expect(await refusal(at.elbv2.send(new DeleteRuleCommand({ RuleArn })))).toContain(words);
    expect(await refusal(at.elbv2.send(new ModifyRuleCommand({ RuleArn, Actions: [FIXED] })))).toContain(words);
    expect(await refusal(at.elbv2.send(new DeleteRuleCommand({ RuleArn: `${RuleArn}0` })))).toBe(
      "RuleNotFound: One or more rules not found",
    );
  });
});

describe("a listener", () => {
  test("redirects by default, with all of a redirect's parts shown", async () => {
    const at = await listening();
    const DefaultActions: Action[] = [
      { Type: "redirect", RedirectConfig: { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" } },
    ];
    const { Listeners } = await at.elbv2.send(new ModifyListenerCommand({ ListenerArn: at.listener, DefaultActions }));
    expect(Listeners?.[0]?.DefaultActions?.[0]?.RedirectConfig).toEqual({
      Protocol: "HTTPS",
      Port: "443",
      Host: "#{host}",
      Path: "/#{path}",
      Query: "#{query}",
      StatusCode: "HTTP_301",
    });
  });

  test("has certificates beside the default one", async () => {
    const at = await listening();
    const arns = ["one", "two"].map((id) => `arn:aws:acm:us-east-1:000000000000:certificate/${id}`);
    for (const CertificateArn of arns) {
      at.region.acm.certificates.put({
        CertificateArn,
        DomainName: "www.bia.test",
        SubjectAlternativeNames: ["www.bia.test"],
        DomainValidationOptions: [],
        Status: "ISSUED",
        Type: "AMAZON_ISSUED",
        KeyAlgorithm: "RSA_2048",
        CreatedAt: at.world.now(),
        hidden: { tags: [], recordsKnownAt: at.world.now(), inUseUntil: {} },
      });
    }
    const [Certificates, others] = arns.map((CertificateArn) => [{ CertificateArn }]);
    const ListenerArn = at.listener;
    const add = new AddListenerCertificatesCommand({ ListenerArn, Certificates: others });
    expect(await refusal(at.elbv2.send(add))).toContain("cannot be specified for HTTP listeners");
    await at.elbv2.send(new ModifyListenerCommand({ ListenerArn, Protocol: "HTTPS", Port: 443, Certificates }));
    await at.elbv2.send(add);
    const shown = async () =>
      (await at.elbv2.send(new DescribeListenerCertificatesCommand({ ListenerArn }))).Certificates;
    expect(await shown()).toEqual([
      { CertificateArn: arns[0], IsDefault: true },
      { CertificateArn: arns[1], IsDefault: false },
    ]);
    const remove = (given: typeof others) =>
      at.elbv2.send(new RemoveListenerCertificatesCommand({ ListenerArn, Certificates: given }));
    expect(await refusal(remove(Certificates))).toMatch(/^OperationNotPermitted/);
    await remove(others);
    expect(await shown()).toHaveLength(1);
  });
});
