import { useCallback, useState } from "react";
import { addTarefa, deleteTarefa, fetchTarefas, type NewTarefa, setImportante, type Tarefa } from "./api.ts";

/**
 * The tasks as last seen, and everything that changes them. What is shown is what the API confirmed; a failure leaves
 * the list as it is and is told in `problem`. `news` is the last success, for screen readers.
 */
export function useTasks() {
  const [tasks, setTasks] = useState<Tarefa[]>();
  const [problem, setProblem] = useState<string>();
  const [news, setNews] = useState("");

  /** Runs one change; resolves to whether it went well. */
  const attempt = useCallback(async (change: () => Promise<string>): Promise<boolean> => {
    try {
      setNews(await change());
      setProblem(undefined);
      return true;
    } catch (error) {
      setProblem((error as Error).message);
      return false;
    }
  }, []);

  const load = useCallback(
    () =>
      attempt(async () => {
        setTasks(await fetchTarefas());
        return "";
      }),
    [attempt],
  );

  const add = (tarefa: NewTarefa) =>
    attempt(async () => {
      const added = await addTarefa(tarefa);
      setTasks((current = []) => [...current, added]);
      return `Tarefa salva: ${added.titulo}`;
    });

  const toggle = ({ uuid, importante }: Tarefa) =>
    attempt(async () => {
      const changed = await setImportante(uuid, !importante);
      setTasks((current) => current?.map((task) => (task.uuid === uuid ? changed : task)));
      return changed.importante ? `Importante: ${changed.titulo}` : `Não é mais importante: ${changed.titulo}`;
    });

  const remove = ({ uuid, titulo }: Tarefa) =>
    attempt(async () => {
      await deleteTarefa(uuid);
      setTasks((current) => current?.filter((task) => task.uuid !== uuid));
      return `Tarefa excluída: ${titulo}`;
    });

  return { tasks, problem, news, load, add, toggle, remove };
}
