import { refuse } from "./client.ts";
import type { PublishedPort } from "./engine.ts";

/** Addresses of the machine that a port may be published at. Whether it is open to others is for security groups to say here. */
const ADDRESSES = /^(0\.0\.0\.0|127\.\d+\.\d+\.\d+|localhost|::|::1|)$/;

/**
 * `3001:8080`, `8080`, `3000-3002:8000-8002`, `127.0.0.1:3001:8080`, with or without `/tcp`.
 *
 * @throws Error with docker's words for what is no port (docker/go-connections, `nat/nat.go`); Refusal for what the sandbox has not
 */
export function publishedPorts(text: string): PublishedPort[] {
  const [, written = "", protocol = "tcp"] = /^(.*?)(?:\/(\w*))?$/s.exec(text) ?? [];
  const [, bracketed, rest = written] = /^\[(.*)\]:(.*)$/s.exec(written) ?? [];
  const [container = "", host = "", ...more] = rest.split(":").reverse();
  const address = bracketed ?? more.reverse().join(":");
  if (container === "") throw new Error(`no port specified: ${text}<empty>`);
  if (!/^(tcp|udp|sctp)$/i.test(protocol)) throw new Error(`invalid proto: ${protocol}`);
  const inner = range(container);
  if (!inner) throw new Error(`invalid containerPort: ${container}`);
  const outer = host === "" ? undefined : range(host, 0);
  if (host !== "" && !outer) throw new Error(`invalid hostPort: ${host}`);
  if (protocol.toLowerCase() !== "tcp") refuse(`published ports that are not tcp (${text})`);
  if (!ADDRESSES.test(address)) refuse(`the host address of the published port ${text}`);
  const isOne = inner.length === 1;
  if (outer && !isOne && inner.length !== outer.length)
    throw new Error(`invalid ranges specified for container and host Ports: ${container} and ${host}`);
  // A single port of the container takes the first of a range.
  return inner.map((containerPort, at) => ({ containerPort, hostPort: outer?.[at] ?? 0 }));
}

/** `3000` or `3000-3002`; undefined: it is neither. */
function range(text: string, least = 1): number[] | undefined {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === undefined || from < least || to > 65535 || from > to) return undefined;
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
