import { type FocusEvent, type KeyboardEvent, memo, type RefObject, useImperativeHandle, useState } from "react";
import type { Layout } from "../../graph/layout.ts";
import type { Marks } from "./marks.ts";
import { neighbour, wayOf } from "./neighbour.ts";
import { TaskBox, writingAt } from "./task-box.tsx";
import { words } from "./words.ts";
import { useZoom, type View } from "./zoom.ts";

interface PictureProps {
  readonly layout: Layout;
  readonly marks: Marks;
  /** The tasks that are looked for; undefined: nothing is. */
  readonly lit: ReadonlySet<string> | undefined;
  readonly chosen: string | undefined;
  readonly choose: (id: string | undefined) => void;
  /** Pixels at the right edge that something else lies over. */
  readonly covered: () => number;
  /** Is given the way to move the picture. */
  readonly view: RefObject<View | null>;
}

/** Pixels that a key moves the picture by. */
const PAN = 120;

/**
 * The graph as it is laid out. For the keyboard it is one thing: the arrows lead from task to task, Enter chooses, Escape leaves
 * the chosen one.
 */
export function Picture({ layout, marks, lit, chosen, choose, covered, view: held }: PictureProps) {
  const { svg, inner, view, scale } = useZoom(layout, covered);
  const [reached, reach] = useState(layout.tasks[0]?.id);
  useImperativeHandle(held, () => view, [view]);
  const keys: Readonly<Record<string, () => void>> = {
    "+": view.closer,
    "=": view.closer,
    "-": view.farther,
    "0": view.whole,
    Escape: () => choose(undefined),
  };
  const move = (way: { readonly x: number; readonly y: number }) => {
    const from = layout.tasks.find(({ id }) => id === reached);
    const next = from && neighbour(layout.tasks, from, way);
    if (!next) return;
    svg.current?.querySelector<SVGElement>(`[data-task="${CSS.escape(next.id)}"]`)?.focus({ preventScroll: true });
  };
  /** Whoever comes by the keyboard must see where. */
  const focused = ({ target }: FocusEvent<SVGElement>) => {
    const task = layout.tasks.find(({ id }) => id === target.dataset.task);
    if (!task) return;
    reach(task.id);
    if (target.matches(":focus-visible")) view.show([task]);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = wayOf(event.key);
    const act = way ? () => (event.shiftKey ? view.pan(-PAN * way.x, -PAN * way.y) : move(way)) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const writing = writingAt(scale);
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no other group of buttons
    <svg
      ref={svg}
      className={`canvas ${lit ? "searching" : ""}`}
      role="group"
      aria-label={words.graph}
      aria-describedby="keys"
      onFocus={focused}
      onKeyDown={pressed}
    >
      <defs>
        <marker
          id="tip"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="9"
          markerHeight="9"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 0 8 4 0 8z" fill="var(--edge)" />
        </marker>
      </defs>
      <g ref={inner}>
        {layout.stages.map(({ name, title, x, y, ...box }) => (
          <g key={name}>
            <rect className="stage-box" x={x} y={y} {...box} rx={10} />
            <text className="stage-title" x={x + 14} y={y + 26} fontSize={writing.heading}>
              {title}
            </text>
          </g>
        ))}
        <Edges edges={layout.edges} chosen={chosen} />
        {layout.tasks.map((task) => (
          <TaskBox
            key={task.id}
            task={task}
            look={marks.get(task.id)?.look}
            words={marks.get(task.id)?.words}
            writing={writing}
            isChosen={task.id === chosen}
            isReached={task.id === reached}
            isFound={lit?.has(task.id)}
            choose={choose}
          />
        ))}
      </g>
    </svg>
  );
}

const Edges = memo(function Edges({ edges, chosen }: { edges: Layout["edges"]; chosen: string | undefined }) {
  return edges.map(({ from, to, points, isAcross }) => (
    <path
      key={`${from} ${to}`}
      className={`edge ${isAcross ? "across" : ""} ${from === chosen || to === chosen ? "lit" : ""}`}
      markerEnd="url(#tip)"
      d={points.map((point, index) => `${index === 0 ? "M" : "L"}${point.x} ${point.y}`).join("")}
    />
  ));
});
