import { createServer } from "node:http";
import { answer } from "./pages.ts";

/*
 * Stands for the shop's user interface, retail-store-sample-ui 0.7.0: it answers on 8080, is healthy under /actuator/health, shows
 * RETAIL_UI_BANNER, and has goods of its own for every back end that it is not given.
 */

const server = createServer((request, response) => {
  const { status, type, body, location } = answer(request.url ?? "/", process.env.RETAIL_UI_BANNER);
  response.writeHead(status, { "content-type": type, ...(location !== undefined && { location }) });
  response.end(request.method === "HEAD" ? undefined : body);
});
server.keepAliveTimeout = 65_000;
server.listen(8080, () => console.log("Started UiApplication, listening on port 8080"));

// As a Java program does it: what is under way ends, and the exit code tells the signal.
process.once("SIGTERM", () => {
  console.log("Commencing graceful shutdown. Waiting for active requests to complete");
  server.close(() => process.exit(143));
  server.closeIdleConnections();
});
