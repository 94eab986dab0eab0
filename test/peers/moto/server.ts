import { spawn } from "node:child_process";
import { freePort } from "../../support/free-port.ts";
import { peerIsHere } from "../../support/peer.ts";
import type { ServedAws } from "../../support/runs.ts";

/** Whether there is a moto_server here; where there is none, the reason for the skip is printed. */
export const motoIsHere = peerIsHere("moto_server", ["--help"]);

/** A moto that serves an empty AWS. */
export interface Moto extends ServedAws {
  stop(): void;
}

/**
 * Starts a moto_server and waits until it answers.
 *
 * @param speed how fast time goes by for what waits for it; its own clock does not matter, moto makes everything at once
 */
export async function startMoto(speed = 1): Promise<Moto> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  // By itself moto knows none of AWS's managed policies and issues a certificate after a minute.
  const env = { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: "true", MOTO_ACM_VALIDATION_WAIT: "1" };
  const server = spawn("moto_server", ["-H", "127.0.0.1", "-p", `${port}`], {
    env,
    stdio: "ignore",
  });
  while (server.exitCode === null) {
    try {
      await fetch(endpoint);
      const keys = { accessKeyId: "moto", secretAccessKey: "moto" };
      return { endpoint, keys, world: { clock: { speed } }, stop: () => void server.kill() };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`moto_server ended with ${server.exitCode}`);
}
