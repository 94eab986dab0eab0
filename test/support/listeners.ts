import type { ListenerRow } from "../../src/sandbox/controllers/balancing.ts";
import type { RunningSandbox } from "../../src/sandbox/sandbox.ts";

/** Where this computer reaches the listeners of a sandbox's load balancers. */
export async function listenersOf({ endpoint, keys }: RunningSandbox): Promise<ListenerRow[]> {
  const headers = { authorization: `Bearer ${keys.secretAccessKey}` };
  const status = await (await fetch(`${endpoint}/_sandbox/status`, { headers })).json();
  return (status as { listeners: ListenerRow[] }).listeners;
}

/** Url of the first listener, without a path; undefined: there is none yet. */
export async function siteOf(sandbox: RunningSandbox): Promise<string | undefined> {
  const [row] = await listenersOf(sandbox);
  return row && `http://${row.address}:${row.localPort}`;
}
