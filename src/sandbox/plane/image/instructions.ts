import { packageManagers } from "../packages/managers.ts";
import { NotExecutable, startCommand } from "../process/command.ts";
import type { Scope } from "../process/process-host.ts";
import type { Output } from "../process/shell.ts";
import { registryEnvironment } from "../process/toolchain.ts";
import { folderContext } from "./context.ts";
import { type CopySource, copyEntries, missingFolders, ownerOf, planCopy } from "./copy.ts";
import { type Instruction, readHealthcheck } from "./dockerfile.ts";
import { ImageError } from "./error.ts";
import { changesSince, type LayerEntry, packLayer, snapshot, unpackLayer } from "./layer.ts";
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
  /** The finished stage that COPY --from names. @throws ImageError */
  readonly stage: (name: string, line: number) => Promise<Stage>;
}

type Performer = (stage: Stage, instruction: Instruction, environment: Environment) => boolean | Promise<boolean>;

const SHELL: readonly string[] = ["/bin/sh", "-c"];
const MADE_LAYER_FRESH = false;

/** Does what an instruction says. @returns whether a layer came from the cache. @throws ImageError */
export async function perform(stage: Stage, instruction: Instruction, environment: Environment): Promise<boolean> {
  const performer = performers[instruction.keyword];
  if (!performer) throw new ImageError(`${instruction.keyword} is not emulated`, { line: instruction.line });
  return performer(stage, instruction, environment);
}

const performers: Readonly<Record<string, Performer>> = {
  ARG(stage, { properties, line, text }, { buildArg }) {
    for (const [name, value] of properties) {
      const given = buildArg(name) ?? (value === undefined ? undefined : expand(stage, value, line));
      if (given !== undefined) stage.args.set(name, given);
    }
    stage.history.push({ created: new Date().toISOString(), created_by: text, empty_layer: true });
    return MADE_LAYER_FRESH;
  },

  ENV(stage, { properties, line, text }) {
    const env = stage.env;
    for (const [name, value = ""] of properties) env[name] = expand(stage, value, line);
    stage.configure(text, { Env: Object.entries(env).map(([name, value]) => `${name}=${value}`) });
    return MADE_LAYER_FRESH;
  },

  LABEL(stage, { properties, line, text }) {
    const labels = properties.map(([name, value = ""]) => [expand(stage, name, line), expand(stage, value, line)]);
    stage.configure(text, { Labels: { ...stage.config.Labels, ...Object.fromEntries(labels) } });
    return MADE_LAYER_FRESH;
  },

  WORKDIR(stage, { content, line, text }, { useCache }) {
    const folder = stage.path(expand(stage, content, line));
    stage.config = { ...stage.config, WorkingDir: folder };
    return stage.addLayer(text, [folder], useCache, async (root) =>
      place(await missingFolders(root.folder, folder.slice(1)), root.folder),
    );
  },

  async COPY(stage, { words, flags, line, text }, environment) {
    const paths = words.map((word) => expand(stage, word, line));
    const destination = paths.at(-1) ?? "";
    if (paths.length < 2)
      throw new ImageError(`dockerfile parse error on line ${line}: COPY requires at least two arguments`, { line });
    const source =
      flags.from === undefined
        ? await environment.context()
        : await sourceOf(await environment.stage(expand(stage, flags.from, line), line));
    const plan = await planCopy(source, paths.slice(0, -1), destination, line);
    const target = `${stage.path(destination)}${destination.endsWith("/") ? "/" : ""}`;
    const chown = flags.chown === undefined ? undefined : expand(stage, flags.chown, line);
    const mode = flags.chmod === undefined ? undefined : octal(expand(stage, flags.chmod, line), line);
    return stage.addLayer(
      text,
      [target, plan.intoFolder, plan.digest, chown, mode],
      environment.useCache,
      async (root) => {
        const owner = chown === undefined ? undefined : await ownerOf(chown, root.folder, line);
        return place(await copyEntries(plan, target, root.folder, { owner, mode }), root.folder);
      },
    );
  },

  RUN(stage, instruction, environment) {
    const { content, isJson, words, line, text } = instruction;
    const argv = isJson ? words : [...SHELL, content];
    // A variable of ENV wins over an argument of the same name.
    const env = { ...environment.proxies, ...Object.fromEntries(stage.args), ...stage.env };
    const inputs = [env, stage.config.WorkingDir, stage.config.User];
    return stage.addLayer(text, inputs, environment.useCache, async (root) => {
      const before = await snapshot(root.folder);
      const { User: user, WorkingDir: cwd } = stage.config;
      const { scope, onOutput, signal } = environment;
      const options = {
        scope,
        root,
        argv,
        env,
        cwd,
        user,
        onOutput,
        programs: packageManagers(root, user),
        extra: registryEnvironment(),
      };
      const code = await runToEnd(options, signal).catch((error: unknown) => {
        if (!(error instanceof NotExecutable)) throw error;
        onOutput(`${error.message}\n`, "stderr");
        return error.exitCode;
      });
      signal?.throwIfAborted();
      if (code !== 0) throw runFailed(argv, code, line);
      return changesSince(before, root.folder);
    });
  },

  EXPOSE(stage, { words, line, text }) {
    const ports = words
      .flatMap((word) => expand(stage, word, line).split(/\s+/))
      .map((port) => {
        const [, number, protocol = "tcp"] = /^(\d{1,5})(?:\/(\w+))?$/.exec(port) ?? [];
        if (number === undefined || Number(number) > 65535)
          throw new ImageError(`dockerfile line ${line}: invalid containerPort: ${port}`, { line });
        if (protocol !== "tcp")
          throw new ImageError(`dockerfile line ${line}: EXPOSE ${port}: only tcp ports are emulated by the sandbox`, {
            line,
          });
        return [`${number}/tcp`, {}];
      });
    stage.configure(text, { ExposedPorts: { ...stage.config.ExposedPorts, ...Object.fromEntries(ports) } });
    return MADE_LAYER_FRESH;
  },

  USER(stage, { content, line, text }, { warn }) {
    const user = expand(stage, content, line);
    if (user !== "root")
      warn(
        `USER ${user}: its processes run as you, ${process.env.USER ?? process.env.USERNAME ?? "the sandbox's user"}`,
      );
    stage.configure(text, { User: user });
    return MADE_LAYER_FRESH;
  },

  HEALTHCHECK(stage, instruction) {
    stage.configure(instruction.text, { Healthcheck: readHealthcheck(instruction, SHELL) });
    return MADE_LAYER_FRESH;
  },

  CMD(stage, { content, isJson, words, text }) {
    stage.configure(text, { Cmd: isJson ? words : [...SHELL, content] });
    return MADE_LAYER_FRESH;
  },

  ENTRYPOINT(stage, { content, isJson, words, text }) {
    // A CMD of the image below was meant for that image's entrypoint.
    const inherited = !stage.history.slice(stage.inherited).some(({ created_by }) => created_by.startsWith("CMD "));
    const { Cmd: _, ...withoutCmd } = stage.config;
    stage.config = inherited ? withoutCmd : stage.config;
    stage.configure(text, { Entrypoint: isJson ? words : [...SHELL, content] });
    return MADE_LAYER_FRESH;
  },

  STOPSIGNAL(stage, { content, line, text }) {
    stage.configure(text, { StopSignal: expand(stage, content, line) });
    return MADE_LAYER_FRESH;
  },

  VOLUME(stage, { words, line, text }) {
    const volumes = words.map((word) => [expand(stage, word, line), {}]);
    stage.configure(text, { Volumes: { ...stage.config.Volumes, ...Object.fromEntries(volumes) } });
    return MADE_LAYER_FRESH;
  },

  SHELL(stage, { words, isJson, content, line, text }) {
    const isOurs = isJson && words.length === 2 && /^(\/bin\/)?(ba)?sh$/.test(words[0] ?? "") && words[1] === "-c";
    if (!isOurs) {
      throw new ImageError(
        `dockerfile line ${line}: SHELL ${content} is not emulated by the sandbox, which has ["/bin/sh", "-c"] and ["/bin/bash", "-c"]`,
        { line },
      );
    }
    stage.configure(text, {});
    return MADE_LAYER_FRESH;
  },
};

function expand(stage: Stage, text: string, line: number): string {
  const { env } = stage;
  return substitute(text, (name) => env[name] ?? stage.args.get(name), line);
}

function octal(text: string, line: number): number {
  if (/^[0-7]{3,4}$/.test(text)) return Number.parseInt(text, 8);
  throw new ImageError(`dockerfile line ${line}: --chmod=${text}: only octal modes are emulated by the sandbox`, {
    line,
  });
}

/** Puts entries into the stage's folder, which is what the next instructions see. */
async function place(entries: readonly LayerEntry[], folder: string): Promise<readonly LayerEntry[]> {
  if (entries.length > 0) await unpackLayer(packLayer(entries), "tar", folder);
  return entries;
}

async function sourceOf(stage: Stage): Promise<CopySource> {
  const { folder } = await stage.root();
  const context = folderContext(folder);
  return { entries: await context.list(() => false), read: context.read };
}

async function runToEnd(options: Parameters<typeof startCommand>[0], signal: AbortSignal | undefined): Promise<number> {
  const command = startCommand(options);
  const end = () => command.kill();
  signal?.addEventListener("abort", end);
  try {
    return await command.exited;
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

function runFailed(argv: readonly string[], code: number, line: number): ImageError {
  const command = JSON.stringify(argv.join(" "));
  const hint =
    code === 127 ? "; the sandbox's images have node, npm and a shell, but no operating system and no packages" : "";
  return new ImageError(`process ${command} did not complete successfully: exit code: ${code}${hint}`, {
    line,
    exitCode: code,
  });
}
