import { type SubmitEvent, useRef, useState } from "react";
import type { NewTarefa } from "./api.ts";

interface Props {
  /** Resolves to whether the task was saved; the form keeps its contents when it was not. */
  onAdd: (tarefa: NewTarefa) => Promise<boolean>;
}

/** The form for a new task. */
export function AddTask({ onAdd }: Props) {
  const [saving, setSaving] = useState(false);
  const title = useRef<HTMLInputElement>(null);

  async function save(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (saving) return;
    const form = event.currentTarget;
    const fields = new FormData(form);
    setSaving(true);
    const saved = await onAdd({
      titulo: String(fields.get("titulo")).trim(),
      dia: String(fields.get("dia")).trim(),
      importante: fields.has("importante"),
    });
    setSaving(false);
    if (!saved) return;
    form.reset();
    title.current?.focus();
  }

  return (
    <form className="card add" aria-labelledby="add-heading" onSubmit={save}>
      <h1 id="add-heading">Adicionar Tarefa</h1>
      <label className="field">
        Tarefa
        <input
          ref={title}
          name="titulo"
          required
          maxLength={255}
          pattern=".*\S.*"
          title="Escreva o que há para fazer"
          placeholder="O que há para fazer?"
          autoComplete="off"
        />
      </label>
      <label className="field">
        Dia
        <input name="dia" maxLength={255} placeholder="Segunda, 10h" autoComplete="off" />
      </label>
      <label className="check">
        <input type="checkbox" name="importante" />
        Importante?
      </label>
      <button type="submit" className="primary" aria-disabled={saving}>
        Salvar Tarefa
      </button>
    </form>
  );
}
