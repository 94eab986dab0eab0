import type { Container, LogOptions } from "../engine.ts";
import { labels } from "./project.ts";
import type { Session } from "./session.ts";

export interface ComposeLogOptions extends LogOptions {
  readonly prefix?: boolean;
  readonly timestamps?: boolean;
}

/** Prints what containers wrote, each line with its container's name before it; resolves when there is no more to come. */
export async function showLogs(
  { engine, process }: Session,
  containers: readonly Container[],
  { prefix = true, timestamps = false, ...options }: ComposeLogOptions,
): Promise<void> {
  const width = Math.max(0, ...containers.map((container) => shortName(container).length + 1));
  const show = async (container: Container) => {
    const name = prefix ? `${shortName(container).padEnd(width)} | ` : "";
    for await (const { stream, time, text } of engine.containers.logs(container.id, options)) {
      process.print(stream, `${name}${timestamps ? `${time} ` : ""}${text}\n`);
    }
  };
  if (options.follow) await Promise.all(containers.map(show));
  else for (const container of containers) await show(container);
}

/** `bia-server-1` of project `bia` is `server-1`; a name that the file gives stays. */
function shortName({ name, spec }: Container): string {
  const service = spec.labels?.[labels.service];
  return name === `${spec.labels?.[labels.project]}-${service}-1` ? `${service}-1` : name;
}
