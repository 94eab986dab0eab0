import { describe, expect, it } from "vitest";
import type { Graph } from "../../src/engine/graph.ts";
import { graphOf } from "../../src/engine/graph.ts";
import { dot } from "../../src/graph/dot.ts";
import { layOut } from "../../src/graph/layout.ts";
import { mermaid } from "../../src/graph/mermaid.ts";
import { svg } from "../../src/graph/svg.ts";
import { stackOf } from "../../src/stacks/index.ts";
import { load, STACKS } from "../../src/variables/index.ts";

async function graphOfStack(name: (typeof STACKS)[number]): Promise<Graph> {
  const { variables } = await load(undefined, undefined, name);
  const stack = stackOf(variables, { region: "us-east-1", target: "sandbox" });
  return graphOf(
    stack,
    stack.stages.flatMap(({ tasks }) => tasks),
  );
}

const awkward: Graph = {
  stack: 'a "stack"',
  stages: [{ name: "1", title: 'the <first> & "only"' }],
  tasks: [
    { id: "a", title: 'a "quoted" \\ title', kind: "ec2.instance", stage: "1", after: [] },
    { id: "b", title: "b", kind: "ec2.instance", stage: "1", after: ["a"] },
  ],
};

describe.each(STACKS)("the picture of stack %s", (name) => {
  it("has every task inside of its stage, and no two of them over each other", async () => {
    const graph = await graphOfStack(name);
    const { tasks, stages, width, height } = await layOut(graph);
    expect(tasks.map(({ id }) => id)).toEqual(graph.tasks.map(({ id }) => id));
    for (const task of tasks) {
      const stage = stages.find((one) => one.name === graph.tasks.find(({ id }) => id === task.id)?.stage);
      if (!stage) throw new Error(`${task.id} has no stage`);
      expect(task.x).toBeGreaterThan(stage.x);
      expect(task.x + task.width).toBeLessThan(stage.x + stage.width);
      expect(task.y + task.height).toBeLessThan(stage.y + stage.height);
      expect(stage.x + stage.width).toBeLessThanOrEqual(width);
      expect(stage.y + stage.height).toBeLessThanOrEqual(height);
      const over = tasks.filter(
        (other) =>
          other !== task && Math.abs(other.x - task.x) < task.width && Math.abs(other.y - task.y) < task.height,
      );
      expect(over, task.id).toEqual([]);
    }
  });

  it("has lines that begin and end at the boxes which they join", async () => {
    const { tasks, edges } = await layOut(await graphOfStack(name));
    const boxOf = (id: string) => tasks.find((task) => task.id === id);
    expect(edges.length).toBeGreaterThan(10);
    for (const { from, to, points } of edges) {
      const [source, target] = [boxOf(from), boxOf(to)];
      if (!source || !target) throw new Error(`${from} or ${to} has no box`);
      expect(points[0]?.x).toBeCloseTo(source.x + source.width);
      expect(points.at(-1)?.x).toBeCloseTo(target.x);
    }
  });
});

describe("the texts of a graph", () => {
  it("is Mermaid's, whatever signs are in a title", () => {
    expect(mermaid(awkward).split("\n")).toEqual([
      "flowchart LR",
      '  subgraph s0["the #lt;first#gt; #amp; #quot;only#quot;"]',
      '    t0["a #quot;quoted#quot; \\ title"]',
      '    t1["b"]',
      "  end",
      "  t0 --> t1",
    ]);
  });

  it("is Graphviz's, whatever signs are in a title", () => {
    expect(dot(awkward)).toContain('"a" [label = "a \\"quoted\\" \\\\ title\\nec2.instance"];');
    expect(dot(awkward)).toContain('digraph "a \\"stack\\"" {');
    expect(dot(awkward)).toContain('  "a" -> "b";');
  });

  it("is an SVG document whose text is escaped", async () => {
    const text = svg(await layOut(awkward), "a <title>");
    expect(text).toContain("<title>a &lt;title&gt;</title>");
    expect(text).toContain("the &lt;first&gt; &amp; ");
    expect(text).not.toContain("<first>");
  });
});
