import {
  type Change,
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
} from "@aws-sdk/client-route-53";
import { onTestFinished } from "vitest";
import type { AwsClients } from "../../../src/aws/clients.ts";
import type { RunningSandbox } from "../../../src/sandbox/sandbox.ts";
import { clientsOf } from "../../support/runs.ts";

/** A record set of one value. */
export function recordSet(Name: string, Type: ResourceRecordSet["Type"], Value: string, TTL = 300): ResourceRecordSet {
  return { Name, Type, TTL, ResourceRecords: [{ Value }] };
}

/** What somebody else does to domains, with clients of their own. */
export function somebody(sandbox: RunningSandbox) {
  const aws = clientsOf(sandbox);
  onTestFinished(() => aws.close());
  return {
    aws,
    zone: (Name = "bia.test") => makeZone(aws, Name),
    change: (...changes: Changes) => changeFirst(aws, ...changes),
    records: () => recordsOfFirst(aws),
  };
}

type Changes = (readonly [Change["Action"], ResourceRecordSet])[];

let references = 0;

async function makeZone({ route53 }: AwsClients, Name: string): Promise<string> {
  const CallerReference = `somebody's ${references++}`;
  const { HostedZone } = await route53.send(new CreateHostedZoneCommand({ Name, CallerReference }));
  return (HostedZone?.Id ?? "").replace("/hostedzone/", "");
}

/** Changes records of the account's first zone. */
export async function changeFirst(aws: AwsClients, ...changes: Changes): Promise<void> {
  const HostedZoneId = await firstZone(aws);
  const Changes = changes.map(([Action, ResourceRecordSet]) => ({ Action, ResourceRecordSet }));
  await aws.route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }));
}

/** Records of the account's first zone as `NAME TYPE`, without those that every zone has. */
export async function recordsOfFirst(aws: AwsClients): Promise<string[]> {
  const HostedZoneId = await firstZone(aws);
  const command = new ListResourceRecordSetsCommand({ HostedZoneId, MaxItems: 300 });
  const { ResourceRecordSets = [] } = await aws.route53.send(command);
  const others = ResourceRecordSets.filter(({ Type }) => Type !== "NS" && Type !== "SOA");
  return others.map(({ Name, Type }) => `${Name} ${Type}`);
}

/** Id of the account's first zone. */
export async function firstZone({ route53 }: AwsClients): Promise<string> {
  const { HostedZones } = await route53.send(new ListHostedZonesCommand({}));
  return (HostedZones?.[0]?.Id ?? "").replace("/hostedzone/", "");
}
