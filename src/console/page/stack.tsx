import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ChosenTask } from "./chosen-task.tsx";
import { LOOKS, type Marks, SIGNS, useMarks } from "./marks.ts";
import { Picture } from "./picture.tsx";
import { tasksFound } from "./search.ts";
import type { Told } from "./told.ts";
import { words } from "./words.ts";
import type { View } from "./zoom.ts";
import "./stack.css";

/** The graph of tasks, each with how it is; a click tells more. */
export function StackView({ told }: { readonly told: Told & Required<Pick<Told, "stack">> }) {
  const { layout } = told.stack;
  const [chosen, choose] = useState<string>();
  const [sought, seek] = useState("");
  const view = useRef<View>(null);
  const detail = useRef<HTMLElement>(null);
  const field = useSlash();
  const marks = useMarks(told);
  const found = useMemo(() => tasksFound(told, sought), [told, sought]);
  const lit = useMemo(() => (sought.trim() === "" ? undefined : new Set(found)), [found, sought]);
  const show = useCallback(
    (ids: readonly string[]) =>
      view.current?.show(ids.flatMap((id) => layout.tasks.find((box) => box.id === id) ?? [])),
    [layout],
  );
  useEffect(() => {
    if (chosen === undefined) return;
    detail.current?.scrollIntoView({ block: "nearest" });
    show([chosen]);
  }, [chosen, show]);
  const place = found.indexOf(chosen ?? "");
  const next = () => {
    const id = found[(place + 1) % found.length];
    if (id === undefined) return;
    choose(id);
    show([id]);
  };
  /** From the details, whose links go with them. */
  const go = (id: string) => {
    choose(id);
    focusOn(id);
  };
  const leave = () => {
    choose(undefined);
    if (chosen !== undefined) focusOn(chosen);
  };
  return (
    <div className="stack">
      <div className="tools">
        <input
          ref={field}
          type="search"
          placeholder={words.searchTasks}
          aria-label={words.searchTasks}
          aria-keyshortcuts="/"
          value={sought}
          onChange={({ target }) => {
            seek(target.value);
            show(tasksFound(told, target.value));
          }}
          onKeyDown={({ key }) => {
            if (key === "Enter") next();
            if (key === "Escape") sought === "" ? field.current?.blur() : seek("");
          }}
        />
        <output>{lit && (place < 0 ? found.length : `${place + 1} / ${found.length}`)}</output>
        <button type="button" onClick={() => view.current?.closer()} aria-label={words.zoomIn}>
          +
        </button>
        <button type="button" onClick={() => view.current?.farther()} aria-label={words.zoomOut}>
          −
        </button>
        <button type="button" onClick={() => view.current?.whole()}>
          {words.wholePicture}
        </button>
      </div>
      <section className="picture" aria-label={words.stack}>
        <Picture
          layout={layout}
          marks={marks}
          lit={lit}
          chosen={chosen}
          choose={choose}
          covered={useCallback(() => widthOver(detail.current), [])}
          view={view}
        />
        {chosen !== undefined && (
          <ChosenTask ref={detail} told={told} id={chosen} mark={marks.get(chosen)} choose={go} leave={leave} />
        )}
      </section>
      <Legend marks={marks} />
      <p id="keys" className="soft">
        {words.keys}
      </p>
    </div>
  );
}

/** How many tasks look how. */
function Legend({ marks }: { readonly marks: Marks }) {
  const all = [...marks.values()].map(({ look }) => look);
  return (
    <p className="legend">
      {LOOKS.filter((look) => all.includes(look)).map((look) => (
        <span key={look}>
          <span className={`sign is-${look}`}>{SIGNS[look]}</span> {all.filter((one) => one === look).length}{" "}
          {words.looks[look]}
        </span>
      ))}
    </p>
  );
}

/** A field that the key / leads to, wherever one is on the page but in another field. */
function useSlash(): RefObject<HTMLInputElement | null> {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  return field;
}

/** Pixels of the picture that the details lie over: none where they are below it. */
function widthOver(detail: HTMLElement | null): number {
  return detail && getComputedStyle(detail).position === "absolute" ? detail.offsetWidth : 0;
}

function focusOn(id: string): void {
  document.querySelector<SVGElement>(`[data-task="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
}
