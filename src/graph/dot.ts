import { type Graph, reduced } from "../engine/graph.ts";

/** A graph in Graphviz's language. An arrow leads from what is made first. */
export function dot(graph: Graph): string {
  const tasks = reduced(graph.tasks);
  const clusters = graph.stages.flatMap(({ name, title }, index) => {
    const inside = tasks.filter(({ stage }) => stage === name);
    if (inside.length === 0) return [];
    return [
      `  subgraph cluster_${index} {`,
      `    label = ${quoted(title)};`,
      ...inside.map((task) => `    ${quoted(task.id)} [label = ${quoted(`${task.title}\n${task.kind}`)}];`),
      "  }",
    ];
  });
  return [
    `digraph ${quoted(graph.stack)} {`,
    "  rankdir = LR;",
    '  node [shape = box, style = rounded, fontname = "sans-serif", fontsize = 11];',
    ...clusters,
    ...tasks.flatMap(({ id, after }) => after.map((from) => `  ${quoted(from)} -> ${quoted(id)};`)),
    "}",
  ].join("\n");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
