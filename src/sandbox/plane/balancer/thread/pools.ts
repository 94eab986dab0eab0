import { createSecureContext, type SecureContext } from "node:tls";
import type { Pool } from "undici";
import UndiciPool from "undici/lib/dispatcher/pool.js";
import type { GroupConfig, Place, TargetConfig } from "../config.ts";

/** Milliseconds for a connection to a target. ("Troubleshoot your Application Load Balancers": HTTP 504, 10 seconds) */
const CONNECT_MS = 10_000;

/** Milliseconds that an idle connection is kept, unless its target says how long it keeps it. */
const KEPT_MS = 60_000;

/** Connections to targets, which are kept. */
export class Pools {
  /** By protocol and place. */
  readonly #pools = new Map<string, Pool>();

  /** Those of a target. */
  to(protocol: GroupConfig["protocol"], place: Place): Pool {
    const origin = originOf(protocol, place);
    let pool = this.#pools.get(origin);
    if (!pool) {
      const connect = { ...tlsOf(protocol), rejectUnauthorized: false, timeout: CONNECT_MS };
      pool = new UndiciPool(origin, { connect, keepAliveTimeout: KEPT_MS });
      this.#pools.set(origin, pool);
    }
    return pool;
  }

  /** Closes those of targets that are there no more. */
  keep(groups: readonly GroupConfig[]): void {
    const present = new Set(
      groups.flatMap(({ protocol, targets }) => targets.map(({ place }) => originOf(protocol, place))),
    );
    for (const [origin, pool] of this.#pools) {
      if (present.has(origin)) continue;
      this.#pools.delete(origin);
      pool.close().catch(() => {});
    }
  }
}

let context: SecureContext | undefined;

/** One context for all connections: each would otherwise make its own, which holds up everybody longer than the rest of its handshake. */
function tlsOf(protocol: GroupConfig["protocol"]): { secureContext?: SecureContext } {
  if (protocol === "HTTP") return {};
  context ??= createSecureContext();
  return { secureContext: context };
}

function originOf(protocol: GroupConfig["protocol"], place: TargetConfig["place"]): string {
  return typeof place === "string" ? place : `${protocol.toLowerCase()}://${place.host}:${place.port}`;
}
