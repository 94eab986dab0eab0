import type { Figure, RollSettings } from "../engine/task.ts";
import { type RollTime, rollTime } from "../release/roll-time.ts";
import { stackOf } from "../stacks/index.ts";
import { table } from "../terminal/columns.ts";
import { load } from "../variables/index.ts";
import { offline } from "./offline.ts";
import { serviceNamed } from "./services.ts";

/** Options of `bia-infra deploy-version --explain`. */
export interface ExplainOptions {
  readonly config?: string;
  readonly stack?: string;
  readonly service?: string;
  readonly json?: boolean;
}

/** What is worth trying, and what it takes. */
const QUICKER: readonly { readonly setting: keyof RollSettings; readonly value: number; readonly but: string }[] = [
  { setting: "drain", value: 5, but: "a request that takes longer is cut off when its task goes" },
  { setting: "check", value: 5, but: "the timeout of a check has to be shorter, and the app is asked more often" },
  { setting: "least", value: 0, but: "nothing serves meanwhile" },
  { setting: "most", value: 200, but: "there has to be room for as many tasks again: more or larger machines" },
];

/** Says how long a roll takes at its shortest, step by step, beside the course's figures. Calls no AWS. Answers the exit code. */
export function explainDeploy(options: ExplainOptions): Promise<number> {
  return offline(async () => {
    const { variables } = await load(options.config, undefined, options.stack);
    const stack = stackOf(variables, { region: variables.region ?? "us-east-1", target: "aws" });
    const { name, rollSettings } = serviceNamed(stack, options.service);
    const [ours, course] = [rollTime(rollSettings), rollTime(asInCourse(rollSettings))];
    const lines = options.json
      ? [JSON.stringify({ service: name, settings: rollSettings, ours, course }, null, 2)]
      : inWords(name, rollSettings, ours, course);
    process.stdout.write(`${lines.join("\n")}\n`);
  });
}

function asInCourse(settings: RollSettings): RollSettings {
  const figures = Object.entries(settings) as [keyof RollSettings, Figure][];
  const course = figures.map(([name, figure]) => [name, { ...figure, value: figure.course }]);
  return Object.fromEntries(course) as unknown as RollSettings;
}

function inWords(service: string, settings: RollSettings, ours: RollTime, course: RollTime): string[] {
  const { tasks, least, most, kill } = settings;
  const how = [tasks, least, most].flatMap(({ variable, value, course: theirs }) =>
    variable === undefined ? [] : `${variable} ${value} (course ${theirs})`,
  );
  const rows = ours.steps.map(({ what, seconds, variable = "" }, index) => [
    `  ${what}`,
    `${seconds}`,
    `${course.steps[index]?.seconds ?? ""}`,
    variable,
  ]);
  return [
    `${service}: ${batchesOf(ours)}`,
    `by ${how.join(", ")}`,
    "",
    ...table([["each batch", "seconds", "course", "variable"], ...rows]),
    "",
    `At its shortest ${secondsOf(ours)}; with the course's figures ${secondsOf(course)}. Building the image, and an app that is slow to start or to end, come on top:`,
    `what does not end when it is told to is killed after ${kill.value} s (course ${kill.course}, by ${kill.variable}), in each batch.`,
    ...judging(settings),
    ...quicker(settings, ours),
  ];
}

/** What the checks cost besides a roll. */
function judging({ check, good, bad }: RollSettings): string[] {
  if (!check || !good || !bad) return [];
  const after = (answers: Figure) =>
    `${answers.value * check.value} s (course ${answers.course * check.course}, by ${answers.variable})`;
  return [
    `A target that no longer answers is left out after ${after(bad)},`,
    `and is given requests again ${after(good)} after it does; a new one needs a single good check.`,
  ];
}

function batchesOf({ atOnce, batches, isDownFirst }: RollTime): string {
  if (batches === 0) return "nothing can be rolled out: no task may be missing and none too many";
  const order = isDownFirst
    ? "an old task is taken down before the new one starts"
    : "new tasks start beside the old ones";
  return `${batches === 1 ? "1 batch" : `${batches} batches`} of ${atOnce}; ${order}`;
}

function secondsOf({ seconds }: RollTime): string {
  return seconds === undefined ? "it never ends" : `${seconds} s`;
}

function quicker(settings: RollSettings, { seconds = Number.POSITIVE_INFINITY }: RollTime): string[] {
  const lines = QUICKER.flatMap(({ setting, value, but }) => {
    const figure = settings[setting];
    if (figure?.variable === undefined) return [];
    const time = rollTime({ ...settings, [setting]: { ...figure, value } }).seconds ?? Number.POSITIVE_INFINITY;
    return time < seconds ? [`  ${figure.variable} ${value}: ${time} s, but ${but}`] : [];
  });
  return lines.length === 0 ? [] : ["", "Quicker:", ...lines];
}
