import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createApp } from "./app.ts";
import { announceDatabase, openDatabase } from "./database.ts";
import { gracefulStop } from "./graceful-stop.ts";
import { log } from "./log.ts";

/** Under the 10 s after which `docker stop` kills, and ECS by the stack's variables (30 s by its own). */
const STOP_LIMIT_MS = 8_000;

const port = Number(process.env.PORT || 8080);
const database = openDatabase(process.env);
const stopped = new AbortController();

const server = createServer(createApp(database, join(import.meta.dirname, "..", "client")));
// Longer than the load balancer's 60 s: it must be the one that closes an idle connection, or it answers 502
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
server.keepAliveTimeout = 65_000;
const stopServer = gracefulStop(server);

server.once("error", (error) => {
  log({ level: "error", message: `a porta ${port} não pôde ser aberta`, reason: error.message });
  process.exit(1);
});
server.listen(port, () => {
  log({ message: "bia no ar", port: (server.address() as AddressInfo).port });
  announceDatabase(database, stopped.signal);
});

async function stop(signal: NodeJS.Signals): Promise<void> {
  log({ message: "encerrando", signal });
  stopped.abort();
  const interrupted = await stopServer(STOP_LIMIT_MS);
  await database.sequelize.close();
  log({ message: "encerrada", interrupted });
  process.exit(0);
}

// Once: a second signal ends the process at once.
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
