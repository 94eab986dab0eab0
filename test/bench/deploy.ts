import type { Stack } from "../../src/engine/task.ts";
import { rollTime } from "../../src/release/roll-time.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load } from "../../src/variables/index.ts";
import { createOn, type RunResult, unfinished } from "../support/runs.ts";
import { beside, printHead, printRow, seconds } from "./table.ts";

/** World seconds per real second: what this computer itself takes for a call counts as often, so a fast clock flatters nobody. */
const SPEED = 10;
const LATENCY = 80;

/** Rolls by their figures: ours, the course's, and one that `deploy-version --explain` calls quicker. */
const SETTINGS: Readonly<Record<string, object>> = {
  "our figures": {},
  "the course's figures": {
    targetGroup: {
      deregistrationDelay: 30,
      healthCheck: { healthyThreshold: 5, unhealthyThreshold: 2, timeout: 5, interval: 15 },
    },
    taskDefinition: { container: { stopTimeout: 30 } },
  },
  "nothing has to go on serving": { service: { minimumHealthyPercent: 0 } },
};

/**
 * A new version of an image that is there, beside the shortest roll that ECS's own rules allow (`release/roll-time.ts`): for each batch
 * that the scheduler acts, the target's drain, the task's end, the next one's start, registration and first check, by the sandbox's delays.
 */
export async function printDeploys(): Promise<void> {
  const clock = `on a clock ${SPEED} times as fast, every call ${LATENCY} ms slower`;
  printHead(`A roll of two tasks where AWS takes as long as in the field (seconds; ${clock})`, [
    "deploy",
    "wall",
    "floor",
    "wall / floor",
    "calls reading",
    "calls changing",
  ]);
  for (const [what, over] of Object.entries(SETTINGS)) await printDeploy(what, over);
}

async function printDeploy(what: string, over: object): Promise<void> {
  const { variables } = await load(undefined, `${import.meta.dirname}/../support`);
  const stack = stackOf(merged(variables, over), { region: "us-east-1", target: "sandbox" });
  const [service] = stack.stages.flatMap(({ services = [] }) => services);
  if (service?.versionsOf !== "image") throw new Error("the stack has no service whose image is built");
  const sandbox = await startSandbox({ delays: "real", speed: SPEED });
  try {
    await ended(createOn(sandbox, { stack, longest: 600_000 }));
    tagAgain(sandbox, "v2");
    sandbox.world.faults.set([{ operation: "any", effect: { latency: LATENCY / SPEED } }]);
    const roll = { until: "deployed", timeout: 900 } as const;
    const { tasks } = service.release({ tag: "v2", builder: "none", buildArgs: {}, migrate: false, roll });
    const stage = { name: "version", title: "v2", tasks, outputs: {}, costs: [] };
    const whole: Stack = { ...stack, stages: [...stack.stages, stage] };
    const started = performance.now();
    const { calls } = await ended(createOn(sandbox, { stack: whole, only: "release-roll", longest: 600_000 }));
    const wall = (performance.now() - started) * SPEED;
    const floor = (rollTime(service.rollSettings).seconds ?? 0) * 1000;
    printRow([what, seconds(wall), seconds(floor), beside(wall, floor), calls.reading, calls.changing]);
  } finally {
    await sandbox.close();
  }
}

async function ended(run: Promise<RunResult>): Promise<RunResult> {
  const result = await run;
  const [first] = unfinished(result);
  if (first) throw new Error(`${first.id}: ${first.error?.why ?? first.because}`);
  return result;
}

/** Another name for the image that is there: no build, and yet another version. */
function tagAgain({ world }: RunningSandbox, tag: string): void {
  const { images } = world.region("us-east-1").ecr;
  const [image] = images.all();
  if (image) images.put({ ...image, imageTags: [...image.imageTags, tag] });
}

function merged<Into extends object>(into: Into, over: object): Into {
  const entries = Object.entries(over).map(([key, value]) => {
    const present = (into as Record<string, unknown>)[key];
    return [key, typeof value === "object" && value !== null ? merged((present ?? {}) as object, value) : value];
  });
  return { ...into, ...Object.fromEntries(entries) };
}
