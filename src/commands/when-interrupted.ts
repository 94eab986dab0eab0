import { confirm } from "../terminal/ask.ts";
import type { Session, StackOptions } from "./session.ts";

/** What ECS goes on with, whoever watches. */
const GOES_ON =
  "ECS goes on with the deployment by itself: `bia-infra status --watch` shows how far it is, `bia-infra rollback` takes it back.";

/**
 * After Ctrl-C in the middle of a roll: whether the person wants it taken back, asked where somebody can answer. Says that it goes on
 * otherwise.
 *
 * @param former what serves until now, in words; undefined: nothing, so there is nothing to ask
 */
export async function wantsItBack(
  { emit, freeTerminal }: Session,
  { json = false }: StackOptions,
  former: string | undefined,
): Promise<boolean> {
  const { stdin, stderr } = process;
  if (former !== undefined && !json && stdin.isTTY && stderr.isTTY) {
    freeTerminal();
    if (await confirm(`Take it back to ${former}? If not, ECS goes on with it.`)) return true;
  }
  emit({ type: "message", level: "info", text: GOES_ON });
  return false;
}
