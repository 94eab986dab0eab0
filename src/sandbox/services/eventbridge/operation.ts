import { AwsError, notEmulated, type Operations } from "../../wire/service.ts";
import type { EventRule } from "../../world/records.ts";
import type { Region, World } from "../../world/world.ts";
import { pageOf } from "../page.ts";

/** Operations of EventBridge; each file declares some. */
export type EventOperations = Operations<typeof import("@aws-sdk/client-eventbridge")>;

/** What EventBridge says to values that it does not take. */
export function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

/** The bus of the account's own, which every region has. Others are not emulated. @throws AwsError */
export function checkBus({ name: region }: Region, { account }: World, bus = "default"): void {
  if (bus === "default" || bus === `arn:aws:events:${region}:${account}:event-bus/default`) return;
  throw notEmulated("event buses other than default");
}

/** @throws AwsError */
export function ruleOf({ eventbridge }: Region, name = ""): EventRule {
  const rule = eventbridge.rules.get(name);
  if (!rule) throw new AwsError("ResourceNotFoundException", `Rule ${name} does not exist on EventBus default.`);
  return rule;
}

/** A page of a listing. */
export function paged<Item>(
  items: readonly Item[],
  { NextToken, Limit }: { NextToken?: string | undefined; Limit?: number | undefined },
  size: number,
): { items: Item[]; NextToken?: string } {
  const page = pageOf(items, { size: Limit ?? size, token: NextToken, invalid: () => invalid("Invalid NextToken.") });
  return { items: page.items, ...(page.next !== undefined && { NextToken: page.next }) };
}
