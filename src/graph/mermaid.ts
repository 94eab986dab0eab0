import { type Graph, reduced } from "../engine/graph.ts";

/** A graph in Mermaid's words, which GitHub draws in a README. An arrow leads from what is made first. */
export function mermaid(graph: Graph): string {
  const tasks = reduced(graph.tasks);
  const nameOf = new Map(tasks.map(({ id }, index) => [id, `t${index}`]));
  const groups = graph.stages.map(({ name, title }, index) => ({
    head: `subgraph s${index}["${quoted(title)}"]`,
    tasks: tasks.filter(({ stage }) => stage === name),
  }));
  return [
    "flowchart LR",
    ...groups
      .filter((group) => group.tasks.length > 0)
      .flatMap((group) => [
        `  ${group.head}`,
        ...group.tasks.map(({ id, title }) => `    ${nameOf.get(id)}["${quoted(title)}"]`),
        "  end",
      ]),
    ...tasks.flatMap(({ id, after }) => after.map((from) => `  ${nameOf.get(from)} --> ${nameOf.get(id)}`)),
  ].join("\n");
}

/** Mermaid knows HTML's entities and no other way to write a quotation mark. */
function quoted(text: string): string {
  return text.replaceAll("&", "#amp;").replaceAll('"', "#quot;").replaceAll("<", "#lt;").replaceAll(">", "#gt;");
}
