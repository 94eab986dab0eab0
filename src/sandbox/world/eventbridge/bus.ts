import { randomUUID } from "node:crypto";
import { ignoreLoss } from "../logs/ignore-loss.ts";
import { mayWrite } from "../logs/resource-policies.ts";
import type { EventRule, LogGroup } from "../records.ts";
import type { Region, World } from "../world.ts";
import { patternOf } from "./pattern.ts";

/** Something that a service of AWS says has happened. */
export interface ServiceEvent {
  /** E.g. `aws.ecs`. */
  readonly source: string;
  readonly detailType: string;
  /** ARNs of what it is about. */
  readonly resources: readonly string[];
  readonly detail: object;
}

/**
 * Brings an event to the targets of all rules of the default bus that it matches. A log group whose resource policies do not let
 * EventBridge write gets nothing, and nobody is told. ("Events to CloudWatch Logs", EventBridge User Guide)
 */
export async function deliver(world: World, region: Region, event: ServiceEvent): Promise<void> {
  const rules = region.eventbridge.rules.filter(({ State }) => State === "ENABLED");
  if (rules.length === 0) return;
  const now = world.now();
  const told = {
    version: "0",
    id: randomUUID(),
    "detail-type": event.detailType,
    source: event.source,
    account: world.account,
    time: `${now.toISOString().slice(0, 19)}Z`,
    region: region.name,
    resources: event.resources,
    detail: event.detail,
  };
  const message = JSON.stringify(told);
  // As it is read, with times in words.
  const read = JSON.parse(message) as object;
  for (const rule of rules.filter(({ EventPattern }) => patternOf(EventPattern)(read))) {
    for (const group of groupsOf(world, region, rule)) {
      const sent = [{ timestamp: now.getTime(), message }];
      await world.logs.append(region.name, group.logGroupName, rule.hidden.stream, sent).catch(ignoreLoss);
    }
  }
}

/** The log groups that a rule's events may go to. */
function groupsOf(world: World, region: Region, { Arn, hidden }: EventRule): LogGroup[] {
  return hidden.targets.flatMap((target) => {
    const plain = target.Arn.replace(/:\*$/, "");
    const group = region.logs.groups.find(({ logGroupArn }) => logGroupArn === plain);
    const caller = { service: "events.amazonaws.com", account: world.account, sourceArn: Arn };
    return group && mayWrite(world, region, group, caller) ? [group] : [];
  });
}
