import elk, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk.bundled.js";
import { type Graph, reduced } from "../engine/graph.ts";

/** A rectangle of the picture; pixels from its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where everything of a graph is drawn. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly stages: readonly (Box & { readonly name: string; readonly title: string })[];
  readonly tasks: readonly (Box & { readonly id: string; readonly title: string; readonly kind: string })[];
  /** What waits (`to`) for what (`from`), as the corners of a line. */
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly points: readonly { readonly x: number; readonly y: number }[];
  }[];
}

/** Pixels. A task's box holds two lines: its title and its kind. */
const TASK = { width: 232, height: 44 };
/** Room for a stage's title above its tasks. */
const HEADING = 34;

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.spacing.nodeNodeBetweenLayers": "44",
  "elk.spacing.nodeNode": "14",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.padding": "[top=16,left=16,bottom=16,right=16]",
};

/** Lays a graph out from left to right, stage by stage, so that few lines cross. */
export async function layOut(graph: Graph): Promise<Layout> {
  const tasks = reduced(graph.tasks);
  const stages = graph.stages.filter(({ name }) => tasks.some(({ stage }) => stage === name));
  const edges = tasks.flatMap(({ id, after }) => after.map((from) => ({ from, to: id })));
  const drawn = await new elk.default().layout({
    id: "stack",
    layoutOptions: OPTIONS,
    children: stages.map(({ name }) => ({
      id: `stage ${name}`,
      layoutOptions: { "elk.padding": `[top=${HEADING + 8},left=14,bottom=14,right=14]` },
      children: tasks.filter(({ stage }) => stage === name).map(({ id }) => ({ id, ...TASK })),
    })),
    edges: edges.map(({ from, to }) => ({ id: `${from} ${to}`, sources: [from], targets: [to] })),
  });
  return read(drawn, graph);
}

function read(drawn: ElkNode, { stages, tasks }: Graph): Layout {
  const boxes = new Map<string, Box>();
  place(drawn, { x: 0, y: 0 }, boxes);
  const boxOf = (id: string) => boxes.get(id);
  return {
    width: drawn.width ?? 0,
    height: drawn.height ?? 0,
    stages: stages.flatMap(({ name, title }) => {
      const box = boxOf(`stage ${name}`);
      return box ? [{ name, title, ...box }] : [];
    }),
    tasks: tasks.flatMap(({ id, title, kind }) => {
      const box = boxOf(id);
      return box ? [{ id, title, kind, ...box }] : [];
    }),
    edges: (drawn.edges ?? []).map((edge) => lineOf(edge, boxes)),
  };
}

/** ELK says where a box is in the one around it. */
function place(node: ElkNode, around: { x: number; y: number }, into: Map<string, Box>): void {
  const [x, y] = [around.x + (node.x ?? 0), around.y + (node.y ?? 0)];
  into.set(node.id, { x, y, width: node.width ?? 0, height: node.height ?? 0 });
  for (const child of node.children ?? []) place(child, { x, y }, into);
}

/** A line is told from the box that holds both of its ends. */
function lineOf(
  edge: ElkExtendedEdge & { container?: string },
  boxes: ReadonlyMap<string, Box>,
): Layout["edges"][number] {
  const origin = boxes.get(edge.container ?? "stack") ?? { x: 0, y: 0 };
  const points = (edge.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [
    startPoint,
    ...bendPoints,
    endPoint,
  ]);
  return {
    from: edge.sources[0] ?? "",
    to: edge.targets[0] ?? "",
    points: points.map(({ x, y }) => ({ x: origin.x + x, y: origin.y + y })),
  };
}
