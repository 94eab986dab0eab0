import { existsSync } from "node:fs";
import { createServer } from "node:http";

const answers = {
  // What the load balancer asks.
  "/": () => [200, "<!doctype html><html><title>Bia tiny</title></html>", "text/html"],
  "/api/versao": () => [200, `Bia ${process.env.VERSAO_API || "tiny"}`],
  "/api/tarefas": () => (existsSync("migrated") ? [200, "[]"] : [503, '{"message":"rode npx sequelize db:migrate"}']),
};

createServer(({ url }, response) => {
  const [status, body, type = "text/plain"] = answers[url]?.() ?? [404, ""];
  response.writeHead(status, { "content-type": type }).end(body);
}).listen(Number(process.env.PORT));

process.on("SIGTERM", () => process.exit(0));
