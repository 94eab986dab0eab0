import type { Filter, Tag } from "@aws-sdk/client-ec2";
import type { Aws } from "../../aws/clients.ts";
import { fromTagList, STACK_TAG, TASK_TAG } from "../../aws/tags.ts";
import { change } from "../../engine/change.ts";
import type { Change } from "../../engine/event.ts";

/*
 * VPCs and what is in them have no names that AWS would know: each is found by the tags that make it ours, which it gets with the
 * call that makes it. Most of these calls take no token, so a lost answer can leave two of a kind behind.
 */

/** Filters for everything of a sort that carries the stack's tag, so that one listing serves all its tasks. */
export function ofStack({ stack }: Aws): Filter[] {
  return [{ Name: `tag:${STACK_TAG}`, Values: [stack] }];
}

/** Whether it was made for the task at hand. */
export function isOwn({ ownership }: Aws, { Tags }: { Tags?: Tag[] | undefined }): boolean {
  return fromTagList(Tags)[TASK_TAG] === ownership[TASK_TAG];
}

/** The tags of a thing that is made for the task at hand. */
export function tagsFor({ ownership }: Aws, name: string): Readonly<Record<string, string>> {
  return { Name: name, ...ownership };
}

/** Of several of a kind the one that counts, then the others: what is in use before what is not, and else always in the same order. */
export function oneThatCounts<Thing>(
  things: readonly Thing[],
  idOf: (thing: Thing) => string,
  isInUse: (thing: Thing) => boolean,
): Thing[] {
  const rank = (thing: Thing) => `${isInUse(thing) ? 0 : 1} ${idOf(thing)}`;
  return things.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1));
}

/** That there are more of a kind than one. */
export function duplicateChanges(duplicates: readonly string[]): Change[] {
  return duplicates.flatMap((id) => change(`duplicate ${id}`, "there", undefined));
}
