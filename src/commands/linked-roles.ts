import type { Observation } from "../engine/observe.ts";
import type { AnyTask } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";

/** What AWS makes beside what is planned, in words; undefined: nothing. */
export function linkedRolesNotice(planned: ReadonlyMap<AnyTask, Outcome<Observation>>): string | undefined {
  const made = [...planned].filter(([, one]) => one.is === "done" && one.result.verdict.is === "create");
  const roles = [...new Set(made.flatMap(([{ kind }]) => kind.linkedRole ?? []))];
  if (roles.length === 0) return undefined;
  return `AWS itself adds service-linked roles where the account has none yet, free of charge, and keeps them: ${roles.join(", ")}`;
}
