import { useMemo, useState } from "react";
import type { TaskOutcome } from "../../engine/event.ts";
import { timelineOf } from "../../runs/timeline.ts";
import { CommandToType } from "./command.tsx";
import { type Marks, Picture } from "./picture.tsx";
import { runsOfStack, type Told } from "./told.ts";
import { words } from "./words.ts";

/** Factors of the picture's size: what it begins with is large enough to be read. */
const ZOOM = { least: 0.2, first: 0.85, most: 2.5, step: 1.25 };

/** The graph of tasks, each with how it is; a click tells more. */
export function StackView({ told }: { readonly told: Told }) {
  const { stack, look } = told;
  const [chosen, choose] = useState<string>();
  const [sought, seek] = useState("");
  const [zoom, setZoom] = useState<number | undefined>(ZOOM.first);
  const marks = useMarks(told);
  if (!stack) return null;
  const fits = (text: string) => text.toLowerCase().includes(sought.toLowerCase());
  const found = stack.tasks.filter(({ id, title, kind }) => fits(id) || fits(title) || fits(kind));
  const scale = (by: number) => setZoom(Math.min(ZOOM.most, Math.max(ZOOM.least, (zoom ?? ZOOM.first) * by)));
  return (
    <div className="stack">
      <section aria-label={words.stack}>
        <div className="tools">
          <input
            type="search"
            placeholder={words.search}
            aria-label={words.search}
            value={sought}
            onChange={({ target }) => seek(target.value)}
            onKeyDown={({ key }) => key === "Enter" && choose(found[0]?.id)}
          />
          <button type="button" onClick={() => scale(ZOOM.step)} aria-label={words.zoomIn}>
            +
          </button>
          <button type="button" onClick={() => scale(1 / ZOOM.step)} aria-label={words.zoomOut}>
            −
          </button>
          <button type="button" onClick={() => setZoom(undefined)}>
            {words.wholePicture}
          </button>
        </div>
        <Picture
          layout={stack.layout}
          marks={marks}
          lit={sought === "" ? undefined : new Set(found.map(({ id }) => id))}
          chosen={chosen}
          choose={choose}
          zoom={zoom}
        />
      </section>
      <Chosen told={told} id={chosen} outcome={look?.tasks.find(({ id }) => id === chosen)} />
    </div>
  );
}

/** How each task is: by the last look, and by the run that goes on. */
function useMarks(told: Told): Marks {
  const { look, run } = told;
  const newest = runsOfStack(told)[0];
  const isRunning = newest?.state === "running" && newest.number === run?.number;
  return useMemo(() => {
    const marks = new Map((look?.tasks ?? []).map((task) => [task.id, markOf(task)]));
    for (const bar of (isRunning && run && timelineOf(run.events, Date.now())?.bars) || []) {
      const waiting = bar.waits.at(-1)?.reason;
      if (bar.end === "running") marks.set(bar.task, { look: "busy", words: waiting ?? words.working });
      if (bar.end === "failed") marks.set(bar.task, { look: "trouble", words: bar.error?.what ?? bar.end });
    }
    return marks;
  }, [look, run, isRunning]);
}

const LOOKS: Readonly<Record<TaskOutcome["verdict"], string>> = {
  create: "absent",
  absent: "absent",
  update: "differs",
  replace: "differs",
  unchanged: "ready",
  "not-ready": "trouble",
  remove: "differs",
  foreign: "differs",
  elsewhere: "differs",
  blocked: "absent",
  failed: "trouble",
  skipped: "absent",
};

function markOf({ verdict, detail, because, changes }: TaskOutcome) {
  const [change] = changes ?? [];
  return { look: LOOKS[verdict], words: because ?? (change ? change.field : (detail ?? verdict)) };
}

function Chosen({ told, id, outcome }: { told: Told; id: string | undefined; outcome: TaskOutcome | undefined }) {
  const task = told.stack?.tasks.find((one) => one.id === id);
  if (!task) return <aside className="detail">{words.nothingChosen}</aside>;
  const titleOf = (other: string) => told.stack?.tasks.find((one) => one.id === other)?.title ?? other;
  const needing = (told.stack?.tasks ?? []).filter(({ after }) => after.includes(task.id));
  return (
    <aside className="detail" aria-live="polite">
      <h2>{task.title}</h2>
      <p>
        <code>{task.kind}</code> · <code>{task.id}</code>
      </p>
      {outcome && (
        <p>
          {outcome.verdict}
          {outcome.detail && ` · ${outcome.detail}`}
        </p>
      )}
      {outcome?.because && <p className="warn">{outcome.because}</p>}
      {outcome?.error && <p className="bad">{outcome.error.why}</p>}
      <Changes outcome={outcome} repair={told.stack?.commands.createStage[task.stage]} />
      <dl>
        <dt>{words.waitsFor}</dt>
        {task.after.map((other) => (
          <dd key={other}>{titleOf(other)}</dd>
        ))}
        <dt>{words.neededBy}</dt>
        {needing.map((other) => (
          <dd key={other.id}>{other.title}</dd>
        ))}
      </dl>
    </aside>
  );
}

interface ChangesProps {
  readonly outcome: TaskOutcome | undefined;
  readonly repair: string | undefined;
}

/** What is not as the variables want it, with the command that repairs it. */
function Changes({ outcome, repair }: ChangesProps) {
  const changes = outcome?.changes ?? [];
  if (changes.length === 0) return null;
  return (
    <>
      <h3>{words.differs}</h3>
      <ul>
        {changes.map(({ field, from, to }) => (
          <li key={field}>
            <code>{field}</code>: {from ?? "–"} → {to ?? "–"}
          </li>
        ))}
      </ul>
      {repair && (
        <>
          <p>{words.repair}</p>
          <CommandToType command={repair} />
        </>
      )}
    </>
  );
}
