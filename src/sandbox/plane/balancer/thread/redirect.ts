import type { ActionConfig } from "../config.ts";
import type { Asked } from "./asked.ts";

/** ("Redirect actions": the parts of a url, with the request's own where nothing else is said. The port is always named.) */
export function locationOf(
  action: ActionConfig & { type: "redirect" },
  { host, path, query }: Asked,
  { protocol, port }: { readonly protocol: string; readonly port: number },
  /** The port of this computer that stands for a listener's. */
  local: (port: number) => number,
): string {
  const parts: Readonly<Record<string, string>> = {
    protocol: protocol.toLowerCase(),
    host,
    port: `${port}`,
    path: path.replace(/^\//, ""),
    query,
  };
  const filled = (text: string) => text.replace(/#\{(\w+)\}/g, (_, name: string) => parts[name] ?? "");
  const search = filled(action.query);
  const to = `${filled(action.protocol).toLowerCase()}://${filled(action.host)}:${local(Number(filled(action.port)))}`;
  return `${to}${filled(action.path)}${search === "" ? "" : `?${search}`}`;
}
