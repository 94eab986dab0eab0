import { rm } from "node:fs/promises";
import { join } from "node:path";
import { packageManagers } from "../packages/managers.ts";
import { NotExecutable, startCommand } from "../process/command.ts";
import { registryEnvironment } from "../process/toolchain.ts";
import { missingFolders } from "./copy.ts";
import { copy } from "./copy-instruction.ts";
import { type Instruction, readHealthcheck } from "./dockerfile.ts";
import { type Environment, expand, place } from "./environment.ts";
import { ImageError } from "./error.ts";
import { changesSince, snapshot } from "./layer.ts";
import { lend, mountedIn } from "./run-mounts.ts";
import type { Stage } from "./stage.ts";

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

  COPY: copy,
  ADD: copy,

  async RUN(stage, instruction, environment) {
    const { isJson, words, line, text, flags } = instruction;
    if (flags.network !== undefined && flags.network !== "default") {
      throw new ImageError(`dockerfile line ${line}: RUN --network=${flags.network} is not emulated by the sandbox`, {
        line,
      });
    }
    const argv = isJson ? words : [...shellOf(stage), scriptOf(instruction)];
    const mounted = await mountedIn(stage, instruction, environment);
    // A variable of ENV wins over an argument of the same name.
    const env = { ...environment.proxies, ...Object.fromEntries(stage.args), ...stage.env };
    const inputs = [
      env,
      stage.config.WorkingDir,
      stage.config.User,
      shellOf(stage),
      ...mounted.map(({ plan }) => plan.digest),
    ];
    return stage.addLayer(text, inputs, environment.useCache, async (root) => {
      const before = await snapshot(root.folder);
      const lent = await lend(mounted, root.folder);
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
      for (const path of lent) await rm(join(root.folder, path), { recursive: true, force: true });
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
    stage.configure(instruction.text, { Healthcheck: readHealthcheck(instruction, shellOf(stage)) });
    return MADE_LAYER_FRESH;
  },

  CMD(stage, { content, isJson, words, text }) {
    stage.configure(text, { Cmd: isJson ? words : [...shellOf(stage), content] });
    return MADE_LAYER_FRESH;
  },

  ENTRYPOINT(stage, { content, isJson, words, text }) {
    // A CMD of the image below was meant for that image's entrypoint.
    const inherited = !stage.history.slice(stage.inherited).some(({ created_by }) => created_by.startsWith("CMD "));
    const { Cmd: _, ...withoutCmd } = stage.config;
    stage.config = inherited ? withoutCmd : stage.config;
    stage.configure(text, { Entrypoint: isJson ? words : [...shellOf(stage), content] });
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
    if (isJson && words.length === 0) {
      throw new ImageError(`dockerfile parse error on line ${line}: SHELL requires at least one argument`, { line });
    }
    if (!isJson) {
      throw new ImageError(`dockerfile parse error on line ${line}: SHELL requires the arguments to be in JSON form`, {
        line,
      });
    }
    const [program = "", ...options] = words;
    if (!/^(\/(usr\/)?bin\/)?(ba|da|a)?sh$/.test(program) || !/^-\w*c$/.test(options.at(-1) ?? "")) {
      throw new ImageError(
        `dockerfile line ${line}: SHELL ${content} is not emulated by the sandbox; sh and bash are`,
        { line },
      );
    }
    stage.configure(text, { Shell: words });
    return MADE_LAYER_FRESH;
  },

  MAINTAINER(stage, { text }, { warn }) {
    warn("MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label");
    stage.configure(text, {});
    return MADE_LAYER_FRESH;
  },
};

function shellOf(stage: Stage): readonly string[] {
  return stage.config.Shell ?? SHELL;
}

/** The command line of a RUN in shell form. A here-document alone is the script itself. */
function scriptOf({ content, heredocs }: Instruction): string {
  const [first = ""] = content.split("\n", 1);
  const [only] = heredocs;
  return only && /^<<-?["']?\w+["']?$/.test(first.trim()) ? only.content : content;
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
