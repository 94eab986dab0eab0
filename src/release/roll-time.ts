import type { RollSettings } from "../engine/task.ts";

/** What AWS and the app take for steps that no setting is about, in seconds. */
export interface Usual {
  /** Until the scheduler acts on a change. */
  readonly schedule: number;
  /** Image pulled, container started, app listening. */
  readonly start: number;
  /** From SIGTERM to the end. */
  readonly stop: number;
  /** A target registered and first looked at. */
  readonly register: number;
}

/** As in the field, with an app that starts in a few seconds and ends when it is told to. */
const USUAL: Usual = { schedule: 3, start: 20, stop: 15, register: 5 };

/** A step of each batch. */
export interface RollStep {
  readonly what: string;
  readonly seconds: number;
  /** Path of the variable that it follows from; absent: it is AWS's or the app's. */
  readonly variable?: string;
}

/** How a roll goes, at its shortest. */
export interface RollTime {
  /** How many tasks are replaced at a time. */
  readonly atOnce: number;
  readonly batches: number;
  /** Whether old tasks are taken down before new ones start, for lack of leave to have more. */
  readonly isDownFirst: boolean;
  readonly steps: readonly RollStep[];
  /** Until nothing of the former version is left; undefined: nothing can be rolled at all. */
  readonly seconds: number | undefined;
}

/**
 * The shortest time in which ECS rolls a service, by its own rules: batches of as many tasks as may be missing or too many ("Rolling update"),
 * each drained, stopped, started, and healthy after one check, for a new target needs to pass a single one (Elastic Load Balancing, "Target health
 * status"). What is started beside the old ones drains while the next batch starts, so only its last drain counts.
 */
export function rollTime({ tasks, least, most, drain, check }: RollSettings, usual = USUAL): RollTime {
  const fewer = tasks.value - Math.ceil((tasks.value * least.value) / 100);
  const more = Math.floor((tasks.value * most.value) / 100) - tasks.value;
  const isDownFirst = more === 0;
  const atOnce = isDownFirst ? fewer : more;
  const leaving: RollStep[] = [
    { what: "the old target finishes its requests", seconds: drain?.value ?? 0, ...from(drain) },
    { what: "the old task ends", seconds: usual.stop },
  ];
  const coming: RollStep[] = [
    { what: "the new task starts", seconds: usual.start },
    { what: "its target is registered", seconds: drain ? usual.register : 0 },
    { what: "its first health check", seconds: check?.value ?? 0, ...from(check) },
  ];
  const scheduled: RollStep = {
    what: "the scheduler acts",
    seconds: isDownFirst ? 2 * usual.schedule : usual.schedule,
  };
  const steps = [scheduled, ...leaving, ...coming].filter(({ seconds }) => seconds > 0);
  const each = isDownFirst ? steps : [scheduled, ...coming];
  const batches = atOnce > 0 ? Math.ceil(tasks.value / atOnce) : 0;
  const atEnd = usual.schedule + (isDownFirst ? 0 : sum(leaving));
  return { atOnce, batches, isDownFirst, steps, seconds: atOnce > 0 ? batches * sum(each) + atEnd : undefined };
}

function from(figure: RollSettings["drain"]): { readonly variable?: string } {
  return figure?.variable === undefined ? {} : { variable: figure.variable };
}

function sum(steps: readonly RollStep[]): number {
  return steps.reduce((total, { seconds }) => total + seconds, 0);
}
