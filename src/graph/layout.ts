import elk, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk.bundled.js";
import type { TaskInfo } from "../engine/event.ts";
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
  readonly edges: readonly Line[];
}

/** A line of the picture, from corner to corner. */
interface Line {
  readonly from: string;
  readonly to: string;
  /** True: it leads from one stage to another, straight over whatever lies between. */
  readonly isAcross: boolean;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** Pixels. A task's box holds two lines: its title and its kind. */
const TASK = { width: 232, height: 44 };
/** Room for a stage's title above its tasks. */
const HEADING = 34;

/** Between two stages, and around all of them. */
const GAP = 18;

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.spacing.nodeNodeBetweenLayers": "44",
  "elk.spacing.nodeNode": "14",
  "elk.padding": `[top=${HEADING + 8},left=14,bottom=14,right=14]`,
};

/** Lays a graph out: each stage from left to right so that few lines cross, the stages below each other in their order. */
export async function layOut(graph: Graph): Promise<Layout> {
  const tasks = reduced(graph.tasks);
  const names = graph.stages.map(({ name }) => name).filter((name) => tasks.some(({ stage }) => stage === name));
  const drawn = await Promise.all(names.map((name) => stageAlone(tasks.filter(({ stage }) => stage === name))));
  const boxes = new Map<string, Box>();
  const lines: Line[] = [];
  const stages: Layout["stages"][number][] = [];
  let y = GAP;
  for (const [index, name] of names.entries()) {
    const { width = 0, height = 0, children = [], edges = [] } = drawn[index] ?? {};
    stages.push({
      name,
      title: graph.stages.find((stage) => stage.name === name)?.title ?? name,
      x: GAP,
      y,
      width,
      height,
    });
    for (const child of children) boxes.set(child.id, { ...TASK, x: GAP + (child.x ?? 0), y: y + (child.y ?? 0) });
    lines.push(...edges.map((edge) => lineOf(edge, { x: GAP, y })));
    y += height + GAP;
  }
  const width = Math.max(0, ...stages.map((stage) => stage.width)) + 2 * GAP;
  const shown = graph.tasks.flatMap(({ id, title, kind }) => {
    const box = boxes.get(id);
    return box ? [{ id, title, kind, ...box }] : [];
  });
  return { width, height: y, stages, tasks: shown, edges: [...lines, ...across(tasks, boxes)] };
}

/** The tasks of one stage, and what is between them. */
function stageAlone(tasks: readonly TaskInfo[]): Promise<ElkNode> {
  const inside = new Set(tasks.map(({ id }) => id));
  const edges = tasks.flatMap(({ id, after }) =>
    after.filter((from) => inside.has(from)).map((from) => ({ id: `${from} ${id}`, sources: [from], targets: [id] })),
  );
  return new elk.default().layout({
    id: "stage",
    layoutOptions: OPTIONS,
    children: tasks.map(({ id }) => ({ id, ...TASK })),
    edges,
  });
}

function lineOf({ sources, targets, sections = [] }: ElkExtendedEdge, origin: { x: number; y: number }): Line {
  const points = sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]);
  return {
    from: sources[0] ?? "",
    to: targets[0] ?? "",
    isAcross: false,
    points: points.map(({ x, y }) => ({ x: origin.x + x, y: origin.y + y })),
  };
}

/** Lines between tasks of different stages. */
function across(tasks: readonly TaskInfo[], boxes: ReadonlyMap<string, Box>): Line[] {
  const stageOf = new Map(tasks.map(({ id, stage }) => [id, stage]));
  return tasks.flatMap(({ id, stage, after }) =>
    after.flatMap((from): Line[] => {
      const [source, target] = [boxes.get(from), boxes.get(id)];
      if (!source || !target || stageOf.get(from) === stage) return [];
      const start = { x: source.x + source.width, y: source.y + source.height / 2 };
      return [{ from, to: id, isAcross: true, points: [start, { x: target.x, y: target.y + target.height / 2 }] }];
    }),
  );
}
