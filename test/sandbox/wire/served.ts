import { onTestFinished } from "vitest";
import { startServer } from "../../../src/sandbox/server.ts";
import { createEndpoint, type LogEntry } from "../../../src/sandbox/wire/endpoint.ts";
import { type Faults, noFaults } from "../../../src/sandbox/wire/fault.ts";
import type { Service } from "../../../src/sandbox/wire/service.ts";
import type { ClientConfig } from "../../support/sandbox.ts";

/** Services made up by a test, over HTTP. */
export interface Served extends ClientConfig {
  readonly entries: LogEntry[];
  close(): Promise<void>;
}

/** Serves services of the running test's own, without a world behind them; closed when the test ends. */
export async function servedForTest(
  services: readonly Service[],
  faults: Faults = noFaults,
  saved: () => Promise<void> = async () => {},
): Promise<Served> {
  const credentials = { accessKeyId: "BIASANDBOXTEST", secretAccessKey: "the secret of the test" };
  const { accessKeyId, secretAccessKey } = credentials;
  const entries: LogEntry[] = [];
  const principal = {
    secretAccessKey,
    account: "000000000000",
    caller: { arn: "arn:aws:iam::0:user/test", userId: "AIDA" },
  };
  const endpoint = createEndpoint({
    services,
    principal: (key) => (key === accessKeyId ? principal : undefined),
    faults,
    saved,
    log: (entry) => entries.push(entry),
  });
  const server = await startServer({
    endpoint,
    port: 0,
    secret: secretAccessKey,
    health: () => ({}),
    controls: {},
    upgrade: (_, socket) => socket.destroy(),
  });
  onTestFinished(() => server.close());
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    region: "us-east-1",
    credentials,
    entries,
    close: () => server.close(),
  };
}
