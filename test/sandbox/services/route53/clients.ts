import { ACMClient } from "@aws-sdk/client-acm";
import {
  type Change,
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { onTestFinished } from "vitest";
import type { RunningSandbox, SandboxOptions } from "../../../../src/sandbox/sandbox.ts";
import type { World } from "../../../../src/sandbox/world/world.ts";
import { clientConfig, sandboxForTest } from "../../../support/sandbox.ts";

/** Clients of a sandbox of the test's own, whose time stands still. They do not retry, so that a test sees every refusal. */
export async function dnsClients(
  options: SandboxOptions = {},
): Promise<{ route53: Route53Client; acm: ACMClient; world: World; sandbox: RunningSandbox }> {
  const sandbox = await sandboxForTest({ speed: "manual", delays: "none", throttling: false, ...options });
  const config = { ...clientConfig(sandbox), maxAttempts: 1 };
  const clients = { route53: new Route53Client(config), acm: new ACMClient(config) };
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return { ...clients, world: sandbox.world, sandbox };
}

let references = 0;

/** A new hosted zone; answers its id without prefix. */
export async function newZone(route53: Route53Client, Name = "bia.test"): Promise<string> {
  const CallerReference = `test ${references++}`;
  const { HostedZone } = await route53.send(new CreateHostedZoneCommand({ Name, CallerReference }));
  return (HostedZone?.Id ?? "").replace("/hostedzone/", "");
}

/** A record set of one value and 300 seconds. */
export function record(Name: string, Type: ResourceRecordSet["Type"], Value: string): ResourceRecordSet {
  return { Name, Type, TTL: 300, ResourceRecords: [{ Value }] };
}

/** Sends one batch of changes. */
export function change(
  route53: Route53Client,
  HostedZoneId: string,
  ...changes: readonly [Change["Action"], ResourceRecordSet][]
) {
  const Changes = changes.map(([Action, ResourceRecordSet]) => ({ Action, ResourceRecordSet }));
  return route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }));
}

/** Names and types of a zone's records, without those that every zone has at its apex. */
export async function recordNames(route53: Route53Client, HostedZoneId: string): Promise<string[]> {
  const { ResourceRecordSets = [] } = await route53.send(
    new ListResourceRecordSetsCommand({ HostedZoneId, MaxItems: 300 }),
  );
  return ResourceRecordSets.filter(({ Type }) => Type !== "NS" && Type !== "SOA").map(
    ({ Name, Type }) => `${Name} ${Type}`,
  );
}
