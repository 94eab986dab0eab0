import { useEffect, useRef } from "react";
import { AddTask } from "./AddTask.tsx";
import { Task } from "./Task.tsx";
import { useTasks } from "./useTasks.ts";

/** The list and the form above it. */
export function TaskPage() {
  const { tasks, problem, news, load, add, toggle, remove } = useTasks();
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => void load(), [load]);

  return (
    <>
      <AddTask onAdd={add} />

      <section aria-labelledby="tasks-heading">
        <h2 id="tasks-heading" ref={heading} tabIndex={-1}>
          Tarefas
          {tasks && tasks.length > 0 && <span className="count">{tasks.length}</span>}
        </h2>

        {problem && (
          <div role="alert" className="card problem">
            <p>{problem}</p>
            {!tasks && (
              <button type="button" onClick={load}>
                Tentar de novo
              </button>
            )}
          </div>
        )}

        {!tasks && !problem && <p className="card quiet">Carregando…</p>}
        {tasks?.length === 0 && (
          <div className="card empty">
            <svg viewBox="0 0 48 48" aria-hidden="true">
              <rect x="9" y="7" width="30" height="35" rx="5" />
              <path d="M17 18h14M17 25h14M17 32h8" />
            </svg>
            <p>Nenhuma tarefa nesse momento</p>
            <p className="hint">Adicione a primeira no formulário acima.</p>
          </div>
        )}
        {tasks && tasks.length > 0 && (
          <>
            <ul className="tasks">
              {tasks.map((task) => (
                <Task
                  key={task.uuid}
                  task={task}
                  onToggle={() => toggle(task)}
                  onDelete={async () => {
                    // The focused button is about to vanish: the keyboard goes on from the heading.
                    if (await remove(task)) heading.current?.focus();
                  }}
                />
              ))}
            </ul>
            <p className="hint">Clique duas vezes em uma tarefa, ou na estrela, para marcá-la como importante.</p>
          </>
        )}
      </section>

      <p role="status" className="visually-hidden">
        {news}
      </p>
    </>
  );
}
