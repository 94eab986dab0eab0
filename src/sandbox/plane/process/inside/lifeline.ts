import { connect } from "node:net";
import { createInterface } from "node:readline";
import { parentPort, workerData } from "node:worker_threads";
import type { FromProcess, ScopeFile, ToProcess } from "./scope.ts";

/** How often the sandbox learns what the process uses. */
const REPORT_MS = 200;

/**
 * Runs in a thread of its own in every process of a container, so that neither a busy loop nor a stopped event loop is
 * in its way: holds a connection to the sandbox, and ends the process when the sandbox is gone.
 */
export function holdLifeline(): void {
  const { port, token } = workerData as ScopeFile;
  const socket = connect({ host: "127.0.0.1", port });
  const tell = (message: FromProcess) => socket.write(`${JSON.stringify(message)}\n`);
  // What is told before it is connected is sent in this order.
  tell({ token, pid: process.pid });
  socket.on("connect", () => {
    const report = () => {
      const { user, system } = process.cpuUsage();
      tell({ rss: process.memoryUsage.rss(), cpu: user + system });
    };
    report();
    setInterval(report, REPORT_MS);
  });
  socket.on("error", () => {});
  socket.on("close", endProcess);
  createInterface(socket)
    .on("line", (line) => parentPort?.postMessage(JSON.parse(line) as ToProcess))
    .on("error", () => {});
  parentPort?.on("message", (message: FromProcess) => tell(message));
}

/** With everything that it started, if it leads a process group, as the first process of a container does. */
function endProcess(): void {
  for (const pid of [-process.pid, process.pid]) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It leads no group.
    }
  }
}
