import { perHourOf } from "../engine/cost.ts";
import { select } from "../engine/selection.ts";
import type { Stage } from "../engine/task.ts";
import { PRICES_OF, stackOf } from "../stacks/index.ts";
import { costLines } from "../terminal/costs.ts";
import { styleFor } from "../terminal/style.ts";
import { load } from "../variables/index.ts";
import { offline } from "./offline.ts";

/** Options of `bia-infra cost`. */
export interface CostOptions {
  readonly config?: string;
  readonly stack?: string;
  /** Names of stages; absent: all of them. */
  readonly stage?: readonly string[];
  readonly json?: boolean;
}

/** Hours of a month as AWS's own calculator counts them. */
const MONTH = 730;

/** What the stages cost on AWS while they are up, by part. Calls no AWS. Answers the exit code. */
export function costCommand(options: CostOptions): Promise<number> {
  return offline(async () => {
    const { variables } = await load(options.config, undefined, options.stack);
    const stack = stackOf(variables, { region: variables.region ?? "us-east-1", target: "aws" });
    print(select(stack, options.stage ?? "all").stages, options);
  });
}

function print(stages: readonly Stage[], { json = false }: CostOptions): void {
  const perHour = perHourOf(stages.flatMap(({ costs }) => costs));
  const groups = stages.map(({ name, title, costs }) => ({ stage: name, title, costs }));
  if (json) {
    const total = perHour === undefined ? {} : { perHour, perMonth: perHour * MONTH };
    const report = { currency: "USD", region: "us-east-1", pricesOf: PRICES_OF, ...total, stages: groups };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } else {
    const style = styleFor(process.stdout.isTTY === true, process.env);
    process.stdout.write(`${costLines(groups, perHour, PRICES_OF, style).join("\n")}\n`);
  }
}
