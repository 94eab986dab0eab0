import type { Told } from "./told.ts";

/** The tasks that a text is found in, in the order of the stack: in their titles, ids and kinds, and in what AWS calls them. */
export function tasksFound({ stack, details = {}, look }: Told, sought: string): string[] {
  const wanted = sought.trim().toLowerCase();
  if (wanted === "") return [];
  const said = new Map(look?.tasks.map(({ id, detail = "" }) => [id, detail]));
  return (stack?.tasks ?? [])
    .filter(({ id, title, kind }) =>
      [id, title, kind, said.get(id) ?? "", ...Object.values(details[id]?.ids ?? {})].some((text) =>
        text.toLowerCase().includes(wanted),
      ),
    )
    .map(({ id }) => id);
}
