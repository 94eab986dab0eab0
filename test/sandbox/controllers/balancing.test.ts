import { readdir } from "node:fs/promises";
import { get } from "node:https";
import { join } from "node:path";
import {
  AuthorizeSecurityGroupIngressCommand,
  RevokeSecurityGroupIngressCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  DeregisterTargetsCommand,
  ModifyListenerCommand,
  ModifyLoadBalancerAttributesCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test, vi } from "vitest";
import { Engines } from "../../../src/sandbox/controllers/engines.ts";
import { Authorities } from "../../../src/sandbox/plane/authorities.ts";
import type { Place } from "../../../src/sandbox/plane/balancer.ts";
import { type RunningSandbox, type SandboxOptions, startSandbox } from "../../../src/sandbox/sandbox.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { listenersOf } from "../../support/listeners.ts";
import { sandboxForTest } from "../../support/sandbox.ts";
import { target } from "../plane/balancer/fixtures.ts";
import { createGroup, launch } from "../services/ec2/fixtures.ts";
import {
  type Balancing,
  balancing,
  createBalancer,
  createTargetGroup,
  healthOf,
  listen,
  seconds,
} from "../services/elbv2/fixtures.ts";

const OPTIONS: SandboxOptions = { traffic: true, speed: "manual", delays: "none", throttling: false };

/** A load balancer in front of one instance, on whose port 8080 something answers that the test says. */
interface Site extends Balancing {
  readonly sandbox: RunningSandbox;
  readonly group: string;
  readonly instance: string;
  /** Security groups of the load balancer and the instance. */
  readonly front: string;
  readonly behind: string;
}

async function site(sandbox: RunningSandbox, place: () => Place | undefined): Promise<Site> {
  vi.spyOn(Engines.prototype, "reach").mockImplementation((_, __, port) => (port === 8080 ? place() : undefined));
  const at = await balancing({}, sandbox);
  const front = await createGroup(at.ec2, "front");
  const behind = await createGroup(at.ec2, "behind");
  await open(at, front, 80);
  await at.ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: behind, IpPermissions: fromGroup(front) }));
  const instance = await launch(at.ec2, { SecurityGroupIds: [behind], SubnetId: at.subnets.a });
  const group = await createTargetGroup(at);
  await listen(at, await createBalancer(at, { SecurityGroups: [front] }), group);
  await seconds(at, 1);
  await at.elbv2.send(new RegisterTargetsCommand({ TargetGroupArn: group, Targets: [{ Id: instance, Port: 8080 }] }));
  await seconds(at, 1);
  return { ...at, sandbox, group, instance, front, behind };
}

function fromGroup(GroupId: string) {
  return [{ IpProtocol: "tcp", FromPort: 0, ToPort: 65535, UserIdGroupPairs: [{ GroupId }] }];
}

function open({ ec2 }: Balancing, GroupId: string, port: number) {
  const IpPermissions = [{ IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  return ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
}

async function ask(sandbox: RunningSandbox, path = "/"): Promise<Response> {
  const [row] = await listenersOf(sandbox);
  return fetch(`http://${row?.address}:${row?.localPort}${path}`);
}

/** A target that is healthy, and answers `/slow` when the test says so. */
async function slowTarget(): Promise<{ place: Place; arrived: Promise<void>; answer: () => void }> {
  let [arrive, answer] = [() => {}, () => {}];
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const place = await target(({ url }, response) => {
    if (url !== "/slow") return void response.end("quick");
    answer = () => response.end("late");
    arrive();
  });
  return { place, arrived, answer: () => answer() };
}

test("a client of this computer reaches what a target serves, and the control API says where", async () => {
  const place = await target((_, response) => void response.end("hello"));
  const at = await site(await sandboxForTest(OPTIONS), () => place);
  expect(await healthOf(at, at.group)).toEqual(["healthy"]);
  expect(await listenersOf(at.sandbox)).toMatchObject([
    { region: "us-east-1", loadBalancer: "bia-alb", protocol: "HTTP", port: 80, address: "127.0.0.1" },
  ]);
  expect(await (await ask(at.sandbox)).text()).toBe("hello");
});

test("without a rule that lets clients in, the load balancer's port does not answer", async () => {
  const place = await target((_, response) => void response.end("hello"));
  const at = await site(await sandboxForTest(OPTIONS), () => place);
  const [{ localPort } = { localPort: 0 }] = await listenersOf(at.sandbox);
  const IpPermissions = [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  await at.ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: at.front, IpPermissions }));
  await seconds(at, 0);
  expect(await listenersOf(at.sandbox)).toEqual([]);
  await expect(fetch(`http://127.0.0.1:${localPort}/`)).rejects.toThrow("fetch failed");
  await open(at, at.front, 80);
  await seconds(at, 0);
  expect(await listenersOf(at.sandbox)).toMatchObject([{ localPort }]);
});

test("without a rule that lets the load balancer in, a target times out, and is healthy again with it", async () => {
  const place = await target((_, response) => void response.end("hello"));
  const at = await site(await sandboxForTest(OPTIONS), () => place);
  const rule = { GroupId: at.behind, IpPermissions: fromGroup(at.front) };
  await at.ec2.send(new RevokeSecurityGroupIngressCommand(rule));
  await seconds(at, 1);
  expect(await healthOf(at, at.group)).toEqual(["unhealthy Target.Timeout"]);
  expect((await ask(at.sandbox)).status).toBe(504);
  await at.ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
  await seconds(at, 1);
  expect(await healthOf(at, at.group)).toEqual(["healthy"]);
});

test("bad answers count as often as the target group says, and the reason names the code", async () => {
  let status = 200;
  const place = await target((_, response) => void response.writeHead(status).end());
  const at = await site(await sandboxForTest(OPTIONS), () => place);
  status = 500;
  await seconds(at, 31);
  expect(await healthOf(at, at.group)).toEqual(["healthy"]);
  await seconds(at, 30);
  expect(await healthOf(at, at.group)).toEqual(["unhealthy Target.ResponseCodeMismatch"]);
  const target500 = at.region.elbv2.targets.all()[0];
  expect(target500?.hidden.health?.Description).toBe("Health checks failed with these codes: [500]");
  await at.elbv2.send(new ModifyTargetGroupCommand({ TargetGroupArn: at.group, Matcher: { HttpCode: "200,404" } }));
  status = 404;
  await seconds(at, 31);
  expect(await healthOf(at, at.group)).toEqual(["healthy"]);
});

test("a port where nobody listens fails its checks, but not while it may still be starting", async () => {
  const at = await site(await sandboxForTest(OPTIONS), () => undefined);
  await seconds(at, 20);
  expect(await healthOf(at, at.group)).toEqual(["initial Elb.InitialHealthChecking"]);
  await seconds(at, 12);
  expect(await healthOf(at, at.group)).toEqual(["unhealthy Target.FailedHealthChecks"]);
  expect((await ask(at.sandbox)).status).toBe(502);
});

test("a target that is deregistered gets nothing new, and goes once what it serves is served", async () => {
  const { place, arrived, answer } = await slowTarget();
  const at = await site(await sandboxForTest(OPTIONS), () => place);
  const slow = ask(at.sandbox, "/slow");
  await arrived;
  const Targets = [{ Id: at.instance, Port: 8080 }];
  await at.elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn: at.group, Targets }));
  await seconds(at, 10);
  expect(await healthOf(at, at.group)).toEqual(["draining Target.DeregistrationInProgress"]);
  expect((await ask(at.sandbox)).status).toBe(503);
  answer();
  expect(await (await slow).text()).toBe("late");
  await expect.poll(() => healthOf(at, at.group)).toEqual([]);
});

test("a deregistration is over after its delay, whatever is still being served", async () => {
  const { place, arrived } = await slowTarget();
  const at = await site(await sandboxForTest(OPTIONS), () => place);
  const Attributes = [{ Key: "deregistration_delay.timeout_seconds", Value: "30" }];
  await at.elbv2.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: at.group, Attributes }));
  const slow = ask(at.sandbox, "/slow");
  await arrived;
  const Targets = [{ Id: at.instance, Port: 8080 }];
  await at.elbv2.send(new DeregisterTargetsCommand({ TargetGroupArn: at.group, Targets }));
  await seconds(at, 31);
  expect(await healthOf(at, at.group)).toEqual([]);
  expect((await slow).status).toBe(502);
});

test("a target whose instance stops is not used", async () => {
  const place = await target((_, response) => void response.end("ok"));
  const at = await site(await sandboxForTest(OPTIONS), () => place);
  await at.ec2.send(new StopInstancesCommand({ InstanceIds: [at.instance] }));
  await seconds(at, 1);
  expect(await healthOf(at, at.group)).toEqual(["unused Target.InvalidState"]);
  expect((await ask(at.sandbox)).status).toBe(503);
});

test("an HTTPS listener serves with its certificate, also below localhost, and logs where its load balancer says", async () => {
  const place = await target((_, response) => void response.end("secret"));
  const folder = await temporaryFolder("bia-balancing-");
  const at = await site(await sandboxForTest({ ...OPTIONS, folder }), () => place);
  const authorities = new Authorities(["test"]);
  const [from, until] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
  const pem = await authorities.issue({ names: ["www.bia.test"], from, until });
  const names = ["www.bia.test.localhost"];
  const here = { names, ...(await authorities.issue({ names, from, until })) };
  const CertificateArn = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012";
  at.region.acm.certificates.put({
    CertificateArn,
    DomainName: "www.bia.test",
    SubjectAlternativeNames: ["www.bia.test"],
    DomainValidationOptions: [],
    Status: "ISSUED",
    Type: "AMAZON_ISSUED",
    KeyAlgorithm: "EC_prime256v1",
    CreatedAt: at.world.now(),
    hidden: { tags: [], recordsKnownAt: at.world.now(), inUseUntil: {}, pem, here },
  });
  const [{ LoadBalancerArn = "", ListenerArn = "" } = {}] = at.region.elbv2.listeners.all();
  const Attributes = [
    { Key: "access_logs.s3.enabled", Value: "true" },
    { Key: "access_logs.s3.bucket", Value: "../../logs" },
  ];
  await at.elbv2.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }));
  const Certificates = [{ CertificateArn }];
  await at.elbv2.send(new ModifyListenerCommand({ ListenerArn, Protocol: "HTTPS", Port: 443, Certificates }));
  await open(at, at.front, 443);
  await seconds(at, 0);
  const [row] = await listenersOf(at.sandbox);
  expect(row).toMatchObject({ protocol: "HTTPS", port: 443 });
  const { pem: ca } = await authorities.root();
  for (const servername of ["www.bia.test", "www.bia.test.localhost"]) {
    const body = await new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: row?.localPort, servername, ca, agent: false };
      get(options, (response) => response.once("data", (chunk) => resolve(String(chunk)))).once("error", reject);
    });
    expect(body).toBe("secret");
  }
  const logs = join(folder, "load-balancer-logs", "logs", "AWSLogs", at.world.account, "elasticloadbalancing");
  await expect.poll(() => readdir(join(logs, "us-east-1"), { recursive: true }).catch(() => [])).toHaveLength(4);
});

test("the next sandbox has its listeners at the same ports", async () => {
  const place = await target((_, response) => void response.end("ok"));
  const options = { ...OPTIONS, folder: await temporaryFolder("bia-balancing-") };
  const first = await startSandbox(options);
  await site(first, () => place);
  const before = await listenersOf(first);
  await first.close();
  const next = await sandboxForTest(options);
  await expect.poll(() => listenersOf(next)).toEqual(before);
  expect(await (await ask(next)).text()).toBe("ok");
});
