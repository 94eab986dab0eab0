import type { MouseEvent } from "react";
import type { Tarefa } from "./api.ts";

interface Props {
  task: Tarefa;
  onToggle: () => void;
  onDelete: () => void;
}

/** One task. A double click anywhere on it toggles its importance, and so does the star, which keyboards reach. */
export function Task({ task, onToggle, onDelete }: Props) {
  const { titulo, dia_atividade, importante } = task;

  function toggleUnlessOnButton(event: MouseEvent) {
    if ((event.target as Element).closest("button")) return;
    window.getSelection()?.removeAllRanges(); // the double click has selected a word
    onToggle();
  }

  return (
    <li className={importante ? "card task important" : "card task"} onDoubleClick={toggleUnlessOnButton}>
      <button
        type="button"
        className="icon star"
        aria-pressed={Boolean(importante)}
        aria-label={`Importante: ${titulo}`}
        title={importante ? "Deixar de ser importante" : "Marcar como importante"}
        onClick={onToggle}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="m12 3.2 2.7 5.6 6.1.8-4.5 4.2 1.1 6.1-5.4-3-5.4 3 1.1-6.1-4.5-4.2 6.1-.8z" />
        </svg>
      </button>
      <div className="words">
        <h3>{titulo}</h3>
        {dia_atividade && <p>{dia_atividade}</p>}
      </div>
      <button
        type="button"
        className="icon delete"
        aria-label={`Excluir: ${titulo}`}
        title="Excluir"
        onClick={onDelete}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="m6 6 12 12M18 6 6 18" />
        </svg>
      </button>
    </li>
  );
}
