import express from "express";

/** The least that Express can do: what the app's own numbers are held against. */
const server = express()
  .get("/", (_req, res) => {
    res.send("Hello World!");
  })
  .listen(0, () => process.stdout.write(`${JSON.stringify({ port: (server.address() as { port: number }).port })}\n`));
