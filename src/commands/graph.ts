import { type Graph, graphOf } from "../engine/graph.ts";
import { select } from "../engine/selection.ts";
import { stackOf } from "../stacks/index.ts";
import { load } from "../variables/index.ts";
import { offline } from "./offline.ts";

/** Options of `bia-infra graph`. */
export interface GraphOptions {
  readonly config?: string;
  readonly stack?: string;
  /** Names of stages; absent: all of them. What they need of others is drawn, too. */
  readonly stage?: readonly string[];
  readonly format: "svg" | "mermaid" | "dot";
}

/** Prints what the stack is made of and what waits for what, as a picture or as the text of one. Calls no AWS. Answers the exit code. */
export function graphCommand(options: GraphOptions): Promise<number> {
  return offline(async () => {
    const { variables } = await load(options.config, undefined, options.stack);
    const stack = stackOf(variables, { region: variables.region ?? "us-east-1", target: variables.target });
    const graph = graphOf(stack, select(stack, options.stage ?? "all").tasks);
    process.stdout.write(`${await drawn(graph, options.format)}\n`);
  });
}

async function drawn(graph: Graph, format: GraphOptions["format"]): Promise<string> {
  if (format === "mermaid") return (await import("../graph/mermaid.ts")).mermaid(graph);
  if (format === "dot") return (await import("../graph/dot.ts")).dot(graph);
  const [{ layOut }, { svg }] = await Promise.all([import("../graph/layout.ts"), import("../graph/svg.ts")]);
  return svg(await layOut(graph), `stack ${graph.stack}`);
}
