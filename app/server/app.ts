import { join } from "node:path";
import cors from "cors";
import express, { type Express } from "express";
import packageJson from "../package.json" with { type: "json" };
import { type Database, databaseProblem } from "./database.ts";
import { errorResponse } from "./error-response.ts";
import { requestLog } from "./request-log.ts";
import { tarefasRouter } from "./tarefas.ts";

/** The version people see: VERSAO_API, read on every request, or the one of package.json. */
const version = () => `Bia ${process.env.VERSAO_API || packageJson.version}`;

/** The course's HTTP API, and the built page when its folder is given. */
export function createApp(database: Database, pageFolder?: string): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(requestLog);
  app.use(cors());

  app.get("/api/versao", (_req, res) => {
    res.type("text/plain").send(version());
  });
  app.get("/api/ping", (_req, res) => {
    res.json("Rota funcionando. Pong!");
  });
  app.get("/api/saude", async (_req, res) => {
    const problem = await databaseProblem(database);
    if (problem) res.status(503).json({ versao: version(), banco: "fora", motivo: problem });
    else res.json({ versao: version(), banco: "ok" });
  });
  const limit = "100kb";
  app.use(
    "/api/tarefas",
    express.json({ limit }),
    express.urlencoded({ extended: false, limit }),
    tarefasRouter(database),
  );
  if (pageFolder) servePage(app, pageFolder);

  app.use((_req, res) => {
    res.status(404).json({ message: "Este caminho não existe na Bia." });
  });
  app.use(errorResponse);
  return app;
}

/** Hashed assets may be cached for ever; the page itself is asked for again, so that a deploy is seen at once. */
function servePage(app: Express, folder: string): void {
  app.use("/assets", express.static(join(folder, "assets"), { immutable: true, maxAge: "1y", fallthrough: false }));
  app.get(["/", "/about"], (_req, res) => {
    res.set("Cache-Control", "no-cache").sendFile("index.html", { root: folder });
  });
}
