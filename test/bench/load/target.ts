/** A target of the load, in a process of its own: `target.ts [KEY CERTIFICATE]` (files, for HTTPS). Prints its port. */
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

const [key, cert] = process.argv.slice(2).map((file) => readFileSync(file));
const BODY = JSON.stringify({ tarefas: "x".repeat(1000) });

const serve: RequestListener = (_, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": BODY.length }).end(BODY);
};
const server = key && cert ? createTlsServer({ key, cert }, serve) : createServer(serve);
server.keepAliveTimeout = 65_000;
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
