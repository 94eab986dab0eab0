import { outputsOf, type Told } from "../engine/outcome.ts";
import type { AnyTask, Stack } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import type { Target } from "../target.ts";

/**
 * The outputs of the stages whose tasks were found, each url as it opens on this computer; one that opens nowhere at the
 * moment is left out.
 */
export async function outputsHere(
  { whereOpen }: Target,
  stack: Stack,
  outcomes: ReadonlyMap<AnyTask, Outcome<Told>>,
): Promise<Record<string, string>> {
  const outputs = Object.entries(outputsOf(stack, outcomes));
  if (!whereOpen) return Object.fromEntries(outputs);
  const opened = await whereOpen(outputs.map(([, value]) => value).filter(isUrl));
  return Object.fromEntries(
    outputs.flatMap(([name, value]) => {
      const here = isUrl(value) ? opened[value] : value;
      return here === undefined ? [] : [[name, here]];
    }),
  );
}

/** Whether a value is something that a browser opens. */
export function isUrl(value: string): boolean {
  return /^https?:\/\//.test(value);
}
