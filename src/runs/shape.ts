import * as z from "zod";
import type { KeptEvent } from "./kept.ts";

const at = z.number();
const task = z.string();
const error = z.looseObject({ what: z.string(), why: z.string(), next: z.string() });
const named = z.looseObject({ id: z.string(), title: z.string() });
const answers = z.array(
  z.looseObject({ body: z.string(), count: z.number(), fromMs: z.number(), untilMs: z.number() }),
);

/** What whoever reads a run relies on, by the type of event; what else is in an event stays as it is. */
const SHAPES: Readonly<Record<string, z.ZodType>> = {
  keeping: z.looseObject({ at, pid: z.number() }),
  run: z.looseObject({
    at,
    command: z.string(),
    version: z.string(),
    target: z.enum(["sandbox", "aws"]),
    account: z.string(),
    region: z.string(),
    stack: z.string(),
    stages: z.array(z.looseObject({ name: z.string(), title: z.string() })),
    tasks: z.array(named.extend({ stage: z.string(), after: z.array(z.string()) })),
  }),
  started: z.looseObject({ at, task }),
  waiting: z.looseObject({ at, task, reason: z.string() }),
  done: z.looseObject({ at, task, verdict: z.looseObject({ is: z.string() }) }),
  failed: z.looseObject({ at, task, error }),
  call: z.looseObject({ at, ms: z.number(), service: z.string(), operation: z.string(), changing: z.boolean() }),
  answers: z.looseObject({ at, ms: z.number(), bodies: z.record(z.string(), z.number()), failed: z.number() }),
  lives: z.looseObject({
    at,
    from: at,
    until: at,
    answered: z
      .array(z.looseObject({ at, ms: z.number(), targetGroupArn: z.string(), count: z.number(), failed: z.number() }))
      .optional(),
    lives: z.looseObject({
      service: z.string(),
      targetGroups: z.array(z.string()),
      versions: z.record(z.string(), z.string()),
      deployments: z.array(z.looseObject({ id: z.string(), status: z.string() })),
      tasks: z.array(z.looseObject({ id: z.string(), revision: z.string(), createdAt: z.number() })),
      events: z.array(z.looseObject({ at: z.number(), text: z.string() })),
    }),
  }),
  report: z.looseObject({
    at,
    ms: z.number(),
    exitCode: z.number(),
    speed: z.number().optional(),
    outputs: z.record(z.string(), z.string()),
    criticalPath: z.object({ tasks: z.array(z.string()), ms: z.number() }).optional(),
    probe: z.looseObject({ requests: z.number(), failed: z.number(), answers }).optional(),
    error: error.optional(),
  }),
};

/** Events that nobody who reads a run looks into. */
const OTHERS = z.looseObject({ type: z.string(), at });

/** What a line of a kept run, or of `--json`, says; undefined: it is cut off, or no event of ours. */
export function eventOf(line: string): KeptEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { success, data } = OTHERS.safeParse(value);
  return success && (SHAPES[data.type] ?? OTHERS).safeParse(value).success ? (value as KeptEvent) : undefined;
}
