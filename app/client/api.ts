/** A task as the API sends it. */
export interface Tarefa {
  uuid: string;
  titulo: string;
  dia_atividade: string | null;
  importante: boolean | null;
}

export interface NewTarefa {
  titulo: string;
  dia: string;
  importante: boolean;
}

/** The API's address without a trailing slash: VITE_API_URL at build time, else the page's own origin. */
const base = (import.meta.env.VITE_API_URL ?? "").replace(/\/+$/, "");

/** Calls the API. Throws an Error whose message can be shown, in the API's own words where it gave a reason. */
async function call(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(`${base}/api/${path}`, init).catch(() => {
    throw new Error("Não foi possível falar com a API. Confira a sua conexão e tente de novo.");
  });
  if (response.ok) return response;
  const reason = await response.json().catch(() => undefined);
  throw new Error(reason?.message ?? `A API respondeu ${response.status}. Tente de novo em instantes.`);
}

const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

export const fetchVersion = async (): Promise<string> => (await call("versao")).text();

export const fetchTarefas = async (): Promise<Tarefa[]> => (await call("tarefas")).json();

export const addTarefa = async (tarefa: NewTarefa): Promise<Tarefa> =>
  (await call("tarefas", json("POST", tarefa))).json();

export const setImportante = async (uuid: string, importante: boolean): Promise<Tarefa> =>
  (await call(`tarefas/update_priority/${uuid}`, json("PUT", { importante }))).json();

export const deleteTarefa = async (uuid: string): Promise<void> => {
  await call(`tarefas/${uuid}`, { method: "DELETE" });
};
