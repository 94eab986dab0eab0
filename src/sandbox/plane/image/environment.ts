import type { Scope } from "../process/process-host.ts";
import type { Output } from "../process/shell.ts";
import { folderContext } from "./context.ts";
import type { CopySource } from "./copy.ts";
import { type LayerEntry, packLayer, unpackLayer } from "./layer.ts";
import type { Stage } from "./stage.ts";
import { substitute } from "./substitute.ts";

/** What an instruction may need from the build around it. */
export interface Environment {
  readonly scope: Scope;
  readonly useCache: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onOutput: Output;
  readonly warn: (text: string) => void;
  /** Value of a build argument or a global ARG; undefined: neither. */
  readonly buildArg: (name: string) => string | undefined;
  readonly proxies: Readonly<Record<string, string>>;
  readonly context: () => Promise<CopySource>;
  /** The files of what COPY --from names: a finished stage, an image, or another place of the build. @throws ImageError */
  readonly from: (name: string, line: number) => Promise<CopySource>;
}

/** A word of an instruction with its variables filled in. */
export function expand(stage: Stage, text: string, line: number): string {
  const { env } = stage;
  return substitute(text, (name) => env[name] ?? stage.args.get(name), line);
}

/** Puts entries into the stage's folder, which is what the next instructions see. */
export async function place(entries: readonly LayerEntry[], folder: string): Promise<readonly LayerEntry[]> {
  if (entries.length > 0) await unpackLayer(packLayer(entries), "tar", folder);
  return entries;
}

/** The files of a finished stage. */
export async function sourceOf(stage: Stage): Promise<CopySource> {
  const { folder } = await stage.root();
  const context = folderContext(folder);
  return { entries: await context.list(() => false), read: context.read };
}
