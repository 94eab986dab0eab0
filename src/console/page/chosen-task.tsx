import type { KeyboardEvent, Ref } from "react";
import type { Change, TaskInfo } from "../../engine/event.ts";
import { CommandToType } from "./command.tsx";
import { type Mark, SIGNS } from "./marks.ts";
import type { TaskDetails, Told } from "./told.ts";
import { words } from "./words.ts";

interface ChosenTaskProps {
  readonly told: Told;
  readonly id: string;
  /** Absent: nobody has looked yet. */
  readonly mark: Mark | undefined;
  readonly choose: (id: string) => void;
  readonly leave: () => void;
  readonly ref: Ref<HTMLElement>;
}

/** All that is known of one task. */
export function ChosenTask({ told: { stack, look, details }, id, mark, choose, leave, ref }: ChosenTaskProps) {
  const tasks = stack?.tasks ?? [];
  const task = tasks.find((one) => one.id === id);
  const outcome = look?.tasks.find((one) => one.id === id);
  const known = details?.[id];
  if (!task) return null;
  const escaped = ({ key }: KeyboardEvent) => key === "Escape" && leave();
  return (
    <aside className="detail" ref={ref} aria-live="polite" aria-label={task.title} onKeyDown={escaped}>
      <header>
        <h2>{task.title}</h2>
        <button type="button" onClick={leave} aria-label={words.close}>
          ×
        </button>
      </header>
      <p className="soft">
        <code>{task.kind}</code> · <code>{task.id}</code>
      </p>
      {mark && (
        <p>
          <span className={`sign is-${mark.look}`}>{SIGNS[mark.look]}</span>{" "}
          {mark.look === "busy" ? mark.words : outcome && words.verdicts[outcome.verdict]}
          {outcome?.detail && ` · ${outcome.detail}`}
        </p>
      )}
      {outcome?.because && <p className="warn">{outcome.because}</p>}
      {outcome?.error && <p className="bad">{outcome.error.why}</p>}
      <Ids ids={known?.ids ?? {}} />
      {known && <Planned details={known} />}
      {known && <Values values={known.values} tasks={tasks} choose={choose} />}
      <Others title={words.waitsFor} tasks={tasks.filter((one) => task.after.includes(one.id))} choose={choose} />
      <Others title={words.neededBy} tasks={tasks.filter(({ after }) => after.includes(id))} choose={choose} />
    </aside>
  );
}

function Ids({ ids }: { readonly ids: TaskDetails["ids"] }) {
  return Object.entries(ids).map(([field, id]) => (
    <p key={field} data-id={field}>
      <code className="soft">{field}</code> <code>{id}</code>
    </p>
  ));
}

/** What `plan` says of it, with the command that does it. */
function Planned({ details: { plan, command } }: { readonly details: TaskDetails }) {
  const { verdict, changes = [], left = [], words: lines = [], because } = plan;
  return (
    <section data-plan={verdict}>
      <h3>{words.differs}</h3>
      {changes.length === 0 && <p>{because ?? words.plans[verdict] ?? words.verdicts[verdict]}</p>}
      <Changes changes={changes} />
      {lines.map((line) => (
        <p key={line} className="warn">
          {line}
        </p>
      ))}
      {command && <CommandToType command={command} />}
      {left.length > 0 && <p className="soft">{words.left}</p>}
      <Changes changes={left} />
    </section>
  );
}

function Changes({ changes }: { readonly changes: readonly Change[] }) {
  if (changes.length === 0) return null;
  return (
    <ul>
      {changes.map(({ field, from, to, takes, left, needsReplacement }) => (
        <li key={field} data-change={field}>
          <code>{field}</code>
          <br />
          <del>{from ?? "–"}</del> → <ins>{to ?? "–"}</ins>
          {[needsReplacement && words.needsReplacement, takes, left].map(
            (more) => more && <small key={more}>{more}</small>,
          )}
        </li>
      ))}
    </ul>
  );
}

interface ValuesProps {
  readonly values: TaskDetails["values"];
  readonly tasks: readonly TaskInfo[];
  readonly choose: (id: string) => void;
}

/** What is wanted of it, and of which other task a value is. */
function Values({ values, tasks, choose }: ValuesProps) {
  const titleOf = (id: string) => tasks.find((one) => one.id === id)?.title ?? id;
  if (values.length === 0) return null;
  return (
    <section>
      <h3>{words.values}</h3>
      <dl className="values">
        {values.map(({ field, text, of }) => (
          <div key={field} data-value={field}>
            <dt>
              <code>{field}</code>
            </dt>
            <dd>
              {text ?? <span className="soft">{words.notYetKnown}</span>}
              {of && <Link id={of} title={titleOf(of)} choose={choose} />}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

interface OthersProps {
  readonly title: string;
  readonly tasks: readonly TaskInfo[];
  readonly choose: (id: string) => void;
}

function Others({ title, tasks, choose }: OthersProps) {
  if (tasks.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {tasks.map((task) => (
          <li key={task.id}>
            <Link id={task.id} title={task.title} choose={choose} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Link({ id, title, choose }: { readonly id: string; readonly title: string } & Pick<OthersProps, "choose">) {
  return (
    <button type="button" className="link" data-to={id} onClick={() => choose(id)}>
      {title}
    </button>
  );
}
