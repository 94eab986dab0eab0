import { ownIds } from "../aws/own-ids.ts";
import type { Change, TaskOutcome } from "../engine/event.ts";
import type { Judged, Observation } from "../engine/observe.ts";
import { taskOutcomes } from "../engine/outcome.ts";
import { planOf } from "../engine/plan.ts";
import type { Run } from "../engine/run.ts";
import { select } from "../engine/selection.ts";
import type { AnyTask } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import { type WantedValue, wantedOf } from "../engine/wanted.ts";
import { masked, maskedVariable } from "../variables/masked.ts";
import { isRefused, missingStages, withMadeAnew } from "./planned.ts";
import { typed } from "./self.ts";
import type { Session, StackOptions } from "./session.ts";

/** What a click on a task of the console's picture shows. */
export interface TaskDetails {
  /** What AWS calls it, by field; nothing: it is not there. */
  readonly ids: Readonly<Record<string, string>>;
  /** What is wanted of it, without secrets. */
  readonly values: readonly WantedValue[];
  /** What `plan` says of it. */
  readonly plan: Omit<TaskOutcome, "id" | "kind" | "stage" | "title" | "ms">;
  /** What one types to have that done; absent: nothing is to be done, or we do not suggest it. */
  readonly command?: string;
}

/** Characters of a value that are shown, of the first of its lines. */
const LONGEST = 200;

/** What is to be said of each task by what a status has seen, by their ids. */
export async function detailsOf(
  session: Session,
  run: Run<unknown>,
  seen: ReadonlyMap<AnyTask, Outcome<Judged>>,
  options: StackOptions,
): Promise<Record<string, TaskDetails>> {
  const { stack, selection, errors, interrupted } = session;
  const planned = await withMadeAnew(session, run, planOf(selection, seen));
  const told = new Map(taskOutcomes(stack, planned, errors, interrupted).map((outcome) => [outcome.id, outcome]));
  const stagesOf = new Map(stack.stages.map(({ name }) => [name, stagesWith(session, name, planned)]));
  const details = [...planned].flatMap(([task, outcome]): [string, TaskDetails][] => {
    const said = told.get(task.id);
    if (!said) return [];
    const { id, kind: _kind, stage, title: _title, ms: _ms, ...plan } = withMaskedChanges(said);
    const line = commandFor(task, outcome, stagesOf.get(stage) ?? "--all");
    const found = outcome.is === "done" ? outcome.result : { actual: undefined, desired: undefined };
    const values = wantedOf(task, found.desired);
    const ids = ownIds(found.actual, new Set(values.map(({ text }) => text)));
    const command = line === undefined ? {} : { command: typed(line, options) };
    return [[id, { ids, values: values.map(withMaskedText), plan, ...command }]];
  });
  return Object.fromEntries(details);
}

/** Options of a create that brings a stage to what is wanted: with the stages that it needs, where they are not up. */
function stagesWith({ stack }: Session, name: string, planned: ReadonlyMap<AnyTask, Outcome<Observation>>): string {
  const names = new Set([name, ...missingStages(select(stack, [name]), planned)]);
  const all = stack.stages.filter((stage) => names.has(stage.name));
  return all.length === stack.stages.length ? "--all" : all.map((stage) => `--stage ${stage.name}`).join(" ");
}

/** As `plan` names it: of what create would refuse, the plan that tells what replacing it takes. */
function commandFor({ id }: AnyTask, outcome: Outcome<Observation>, stages: string): string | undefined {
  if (outcome.is !== "done") return undefined;
  if (isRefused(outcome)) return `bia-infra plan ${stages} --replace ${id}`;
  return ["create", "update"].includes(outcome.result.verdict.is) ? `bia-infra create ${stages}` : undefined;
}

/** An outcome that shows nothing of what may be secret in an environment. */
export function withMaskedChanges(outcome: TaskOutcome): TaskOutcome {
  const { changes, left } = outcome;
  const hidden = (all: readonly Change[]) => all.map(withMaskedSides);
  return { ...outcome, ...(changes && { changes: hidden(changes) }), ...(left && { left: hidden(left) }) };
}

function withMaskedSides({ from, to, ...change }: Change): Change {
  const sides = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  const shown = Object.entries(sides).map(([side, text]) => [side, textOf(change.field, text)]);
  return { ...change, ...Object.fromEntries(shown) };
}

function withMaskedText({ text, ...value }: WantedValue): WantedValue {
  return text === undefined ? value : { ...value, text: textOf(value.field, text) };
}

/** A value as it is shown: without secrets, of what is long the beginning. */
function textOf(field: string, text: string): string {
  const variable = /\benvironment[ .](?:values\.)?(\S+)$/.exec(field)?.[1];
  const shown = variable === undefined ? masked(text) : maskedVariable(variable, text);
  const [first = "", ...more] = shown.trimEnd().split("\n");
  return more.length === 0 && first.length <= LONGEST ? first : `${first.slice(0, LONGEST)}…`;
}
