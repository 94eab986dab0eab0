import { type Response, Router } from "express";
import type { Database } from "./database.ts";
import { readNewTarefa, readPriority, readUuid } from "./tarefa-input.ts";

/** The course's task routes, to be mounted on /api/tarefas. A record goes out as the row it is. */
export function tarefasRouter({ tarefas }: Database): Router {
  const router = Router();

  router.get("/", async (_req, res) => {
    const order = [["createdAt", "ASC"], "uuid"] satisfies [[string, string], string];
    res.json(await tarefas.findAll({ order, raw: true }));
  });

  router.post("/", async (req, res) => {
    res.json(await tarefas.create(readNewTarefa(req)));
  });

  router.get("/:uuid", async (req, res) => {
    const tarefa = await tarefas.findByPk(readUuid(req));
    if (tarefa) res.json(tarefa);
    else notFound(res);
  });

  router.delete("/:uuid", async (req, res) => {
    const deleted = await tarefas.destroy({ where: { uuid: readUuid(req) } });
    if (deleted) res.json({ message: "Tarefa deletada com sucesso." });
    else notFound(res);
  });

  router.put("/update_priority/:uuid", async (req, res) => {
    const where = { uuid: readUuid(req) };
    const [, [tarefa]] = await tarefas.update({ importante: readPriority(req) }, { where, returning: true });
    if (tarefa) res.json(tarefa);
    else notFound(res);
  });

  return router;
}

function notFound(res: Response): void {
  res.status(404).json({ message: "Tarefa não encontrada." });
}
