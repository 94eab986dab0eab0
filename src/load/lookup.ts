import { lookup as lookUp } from "node:dns";
import type { LookupFunction } from "node:net";

/** Finds a name's addresses: as the system does, but names below `localhost` are this computer, whatever the system knows of them. (RFC 6761, 6.3) */
export const lookup: LookupFunction = (host, options, found) => {
  if (!host.endsWith(".localhost")) return lookUp(host, options, found);
  if (options.all) found(null, [{ address: "127.0.0.1", family: 4 }]);
  else found(null, "127.0.0.1", 4);
};
