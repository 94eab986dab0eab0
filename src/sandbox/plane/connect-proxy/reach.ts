import { connect, type Socket } from "node:net";
import type { Outliers } from "./outliers.ts";

/** Somebody who answers. */
export interface ConnectTarget {
  readonly id: string;
  /** Where, on this computer. `blocked`: no security group lets the proxy in there; `refused`: nobody listens. */
  readonly place: { readonly host: string; readonly port: number } | "blocked" | "refused";
}

/** A connection to somebody who answers. */
export interface Reached {
  readonly id: string;
  readonly socket: Socket;
}

/** How often another target is tried. (Developer Guide, "Service Connect configuration": retries) */
const RETRIES = 2;

/** What Envoy's words for a connection that failed begin with. */
export const UPSTREAM = "upstream connect error or disconnect/reset before headers. reset reason:";

/** A connection to one of those who answer at this moment, or why there is none, in Envoy's words. */
export async function reach(all: readonly ConnectTarget[], rota: Outliers): Promise<Reached | string> {
  const tried = new Set<string>();
  let why = "no healthy upstream";
  for (let attempt = 0; attempt <= RETRIES; attempt++) {
    const target = rota.next(all.filter(({ id }) => !tried.has(id)));
    if (!target) break;
    tried.add(target.id);
    const { place } = target;
    const socket = typeof place === "string" ? undefined : await opened(place);
    if (socket) return { id: target.id, socket };
    rota.failed(target.id);
    // On AWS it is known after some seconds only, which nobody needs to wait for here.
    why = `${UPSTREAM} ${place === "blocked" ? "connection timeout" : "remote connection failure, transport failure reason: delayed connect error: 111"}`;
  }
  return why;
}

function opened(place: { readonly host: string; readonly port: number }): Promise<Socket | undefined> {
  return new Promise((done) => {
    const socket = connect({ ...place, allowHalfOpen: true });
    socket.once("connect", () => done(socket));
    socket.once("error", () => done(undefined));
  });
}
