import { Explained } from "../engine/errors.ts";
import { type Graph, graphOf } from "../engine/graph.ts";
import { EXIT } from "../engine/outcome.ts";
import { select } from "../engine/selection.ts";
import { stackOf } from "../stacks/index.ts";
import { load, VariablesError } from "../variables/index.ts";
import { withCommands } from "./self.ts";

/** Options of `bia-infra graph`. */
export interface GraphOptions {
  readonly config?: string;
  readonly stack?: string;
  /** Names of stages; absent: all of them. What they need of others is drawn, too. */
  readonly stage?: readonly string[];
  readonly format: "svg" | "mermaid" | "dot";
}

/** Prints what the stack is made of and what waits for what, as a picture or as the text of one. Calls no AWS. Answers the exit code. */
export async function graphCommand(options: GraphOptions): Promise<number> {
  try {
    const { variables } = await load(options.config, undefined, options.stack);
    const stack = stackOf(variables, { region: variables.region ?? "us-east-1", target: variables.target });
    const graph = graphOf(stack, select(stack, options.stage ?? "all").tasks);
    process.stdout.write(`${await drawn(graph, options.format)}\n`);
    return EXIT.done;
  } catch (error) {
    if (error instanceof Explained) process.stderr.write(`${error.message}\n${error.next}\n`);
    else if (error instanceof VariablesError) process.stderr.write(`${withCommands(error.message)}\n`);
    else throw error;
    return EXIT.usage;
  }
}

async function drawn(graph: Graph, format: GraphOptions["format"]): Promise<string> {
  if (format === "mermaid") return (await import("../graph/mermaid.ts")).mermaid(graph);
  if (format === "dot") return (await import("../graph/dot.ts")).dot(graph);
  const [{ layOut }, { svg }] = await Promise.all([import("../graph/layout.ts"), import("../graph/svg.ts")]);
  return svg(await layOut(graph), `stack ${graph.stack}`);
}
