import { type CopySource, copyEntries, ownerOf, planCopy } from "./copy.ts";
import { type Instruction, NO_DESTINATION } from "./dockerfile.ts";
import { type Environment, expand, place } from "./environment.ts";
import { ImageError } from "./error.ts";
import type { Stage } from "./stage.ts";
import { substitute } from "./substitute.ts";

/** COPY and ADD. @returns whether the layer came from the cache. @throws ImageError */
export async function copy(stage: Stage, instruction: Instruction, environment: Environment): Promise<boolean> {
  const { flags, line, text, heredocs } = instruction;
  const keyword = instruction.keyword === "ADD" ? "ADD" : "COPY";
  const here = new Map(
    heredocs.map(({ name, content, expands }) => [name, expands ? filled(stage, content, line) : content]),
  );
  const paths = instruction.words.map((word) => /^\d*<<-?["']?(\w+)/.exec(word)?.[1] ?? expand(stage, word, line));
  const destination = paths.at(-1) ?? "";
  if (paths.length < 2)
    throw new ImageError(`dockerfile parse error on line ${line}: ${keyword} ${NO_DESTINATION}`, { line });
  const remote = paths.find((path) => /^(https?|git|ssh):\/\/|^git@/.test(path));
  if (keyword === "ADD" && remote !== undefined) {
    throw new ImageError(
      `dockerfile line ${line}: ADD ${remote} is not emulated by the sandbox, whose builds reach npm's registry and nothing else; files and archives of the context are`,
      { line },
    );
  }
  const source =
    flags.from === undefined
      ? await environment.context()
      : await environment.from(expand(stage, flags.from, line), line);
  const plan = await planCopy(withHeredocs(source, here), paths.slice(0, -1), destination, line, keyword);
  const target = `${stage.path(destination)}${destination.endsWith("/") ? "/" : ""}`;
  const chown = flags.chown === undefined ? undefined : expand(stage, flags.chown, line);
  const mode = flags.chmod === undefined ? undefined : octal(expand(stage, flags.chmod, line), line);
  const inputs = [target, plan.intoFolder, plan.digest, chown, mode];
  return stage.addLayer(text, inputs, environment.useCache, async (root) => {
    const owner = chown === undefined ? undefined : await ownerOf(chown, root.folder, line);
    return place(await copyEntries(plan, target, root.folder, { owner, mode }), root.folder);
  });
}

/** A source that has the here-documents of an instruction as files as well. */
function withHeredocs({ entries, read }: CopySource, here: ReadonlyMap<string, string>): CopySource {
  if (here.size === 0) return { entries, read };
  const files = [...here.keys()].map((path) => ({ path, type: "file" as const, mode: 0o644, modified: 0 }));
  return {
    entries: [...files, ...entries.filter(({ path }) => !here.has(path))],
    read: async (path) => (here.has(path) ? Buffer.from(here.get(path) ?? "") : read(path)),
  };
}

/** Variables in a here-document; its quotes stay. */
function filled(stage: Stage, content: string, line: number): string {
  const { env } = stage;
  return content.replace(
    /\\(\$)|\$(?:\w+|\{[^}]*\})/g,
    (found, escaped) => escaped ?? substitute(found, (name) => env[name] ?? stage.args.get(name), line),
  );
}

function octal(text: string, line: number): number {
  if (/^[0-7]{3,4}$/.test(text)) return Number.parseInt(text, 8);
  // Docker takes `u=rwX,go=rX` as well, which says what it does.
  if (/^[ugoa]*[-+=][rwxXst]+(,|$)/.test(text)) {
    throw new ImageError(`dockerfile line ${line}: --chmod=${text}: only octal modes are emulated by the sandbox`, {
      line,
    });
  }
  throw new ImageError(`invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`, {
    line,
  });
}
