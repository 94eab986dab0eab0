import type { KeyboardEvent } from "react";
import type { Layout } from "../../graph/layout.ts";

/** How each task looks, by its id, and a few words on it. */
export type Marks = ReadonlyMap<string, { readonly look: string; readonly words: string }>;

interface PictureProps {
  readonly layout: Layout;
  readonly marks: Marks;
  /** The tasks that are looked for; undefined: nothing is. */
  readonly lit: ReadonlySet<string> | undefined;
  readonly chosen: string | undefined;
  readonly choose: (id: string) => void;
  /** Undefined: all of it is shown. */
  readonly zoom: number | undefined;
}

/** Signs that fit into a task's box, by the size of the letters. */
const FITTING = { title: 31, words: 36 };

/** The graph as it is laid out. Tasks can be reached by the keyboard, in the order of the stack. */
export function Picture({ layout, marks, lit, chosen, choose, zoom }: PictureProps) {
  const { width, height } = layout;
  const size = zoom === undefined ? { width: "100%" } : { width: width * zoom, height: height * zoom };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is scrolled must be reached by the keyboard
    <section className="canvas" tabIndex={0} aria-label="graph">
      <svg viewBox={`0 0 ${width} ${height}`} style={size} aria-label="graph of tasks">
        <defs>
          <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0 8 4 0 8z" fill="var(--edge)" />
          </marker>
        </defs>
        {layout.stages.map(({ name, title, x, y, ...box }) => (
          <g key={name}>
            <rect className="stage-box" x={x} y={y} {...box} rx={10} />
            <text className="stage-title" x={x + 14} y={y + 24}>
              {title}
            </text>
          </g>
        ))}
        {layout.edges.map(({ from, to, points, isAcross }) => (
          <path
            key={`${from} ${to}`}
            className={`edge ${isAcross ? "across" : ""} ${from === chosen || to === chosen ? "lit" : ""}`}
            markerEnd="url(#tip)"
            d={points.map((point, index) => `${index === 0 ? "M" : "L"}${point.x} ${point.y}`).join("")}
          />
        ))}
        {layout.tasks.map((task) => (
          <TaskBox
            key={task.id}
            task={task}
            mark={marks.get(task.id)}
            isChosen={task.id === chosen}
            isFaded={lit !== undefined && !lit.has(task.id)}
            choose={choose}
          />
        ))}
      </svg>
    </section>
  );
}

interface TaskBoxProps {
  readonly task: Layout["tasks"][number];
  readonly mark: { readonly look: string; readonly words: string } | undefined;
  readonly isChosen: boolean;
  readonly isFaded: boolean;
  readonly choose: (id: string) => void;
}

function TaskBox({ task, mark, isChosen, isFaded, choose }: TaskBoxProps) {
  const { id, title, kind, x, y, width, height } = task;
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose(id);
  };
  const [short, state] = [fitting(title, FITTING.title), fitting(mark?.words ?? kind, FITTING.words)];
  const classes = ["task", mark?.look, isChosen && "chosen", isFaded && "faded"].filter(Boolean).join(" ");
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      className={classes}
      role="button"
      tabIndex={0}
      aria-pressed={isChosen}
      data-task={id}
      data-look={mark?.look}
      data-words={mark?.words}
      onClick={() => choose(id)}
      onKeyDown={pressed}
    >
      <rect x={x} y={y} width={width} height={height} rx={6} />
      <text x={x + 10} y={y + 19}>
        {short}
      </text>
      <text className="state" x={x + 10} y={y + 35}>
        {state}
      </text>
    </g>
  );
}

function fitting(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
