import type { ServiceLives } from "../../aws/service-lives.ts";
import { words } from "./words.ts";

/** Colours that tell versions apart; the next one begins anew. */
export const COLORS = 5;

/** What a person calls a revision, `v2 (revision 3)`, and its colour, which it has in every picture of a service. */
export function versionIn(
  { versions }: Pick<ServiceLives, "versions">,
  revision: string,
): { readonly name: string; readonly color: number } {
  const [, number] = /:(\d+)$/.exec(revision) ?? [];
  if (number === undefined) return { name: revision, color: 0 };
  const called = `${words.revision} ${number}`;
  const version = versions[revision];
  return { name: version === undefined ? called : `${version} (${called})`, color: Number(number) % COLORS };
}
