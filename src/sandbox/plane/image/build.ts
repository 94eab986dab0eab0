import { join } from "node:path";
import type { BuildContext, BuildOptions, ImageConfig } from "../image.ts";
import type { Scope } from "../process/process-host.ts";
import { toolchain } from "../process/toolchain.ts";
import type { BuildCache } from "./build-cache.ts";
import { BuildOutput, excerpt, type StepOutput } from "./build-output.ts";
import { listContext, readText } from "./context.ts";
import type { CopySource } from "./copy.ts";
import { type Instruction, parseDockerfile } from "./dockerfile.ts";
import type { Environment } from "./environment.ts";
import { sourceOf } from "./environment.ts";
import { ImageError } from "./error.ts";
import { perform } from "./instructions.ts";
import type { Layout } from "./layout.ts";
import { Stage, type StageBase } from "./stage.ts";
import { substitute } from "./substitute.ts";

/** What a build needs from the store that it is made for. */
export interface Workshop {
  readonly layout: Layout;
  readonly cache: BuildCache;
  readonly scope: Scope;
  /** An empty folder. */
  readonly scratch: string;
  /** The image that a FROM names, and what differs from the real one. @throws ImageError */
  base(reference: string): Promise<{ readonly base: StageBase; readonly note: string | undefined }>;
}

export interface Built {
  readonly stage: Stage;
  readonly cached: number;
  readonly steps: number;
  readonly warnings: readonly string[];
}

interface StagePlan {
  readonly from: Instruction;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** Arguments that need no ARG instruction (https://docs.docker.com/reference/dockerfile/#predefined-args). */
const PREDEFINED = /^(https?|ftp|no|all)_proxy$/i;

/** Builds the stages of a Dockerfile that the target needs. @throws ImageError */
export async function build(workshop: Workshop, options: BuildOptions): Promise<Built> {
  const { context, dockerfile = "Dockerfile", onProgress = () => {} } = options;
  const output = new BuildOutput(onProgress);
  const source = await readText(context, dockerfile);
  if (source === undefined) {
    throw new ImageError(`failed to read dockerfile: open ${dockerfile}: no such file or directory`);
  }
  try {
    const definition = output.step(`[internal] load build definition from ${dockerfile}`);
    const plans = stagesOf(parseDockerfile(source, dockerfile));
    definition.done();
    return await new Build(workshop, options, plans, output, dockerfile).run();
  } catch (error) {
    const { line } = error as { line?: number };
    if (line !== undefined) for (const text of excerpt(source, line, dockerfile)) output.line(text);
    throw error;
  }
}

interface Plans {
  readonly globals: readonly Instruction[];
  readonly stages: readonly StagePlan[];
}

function stagesOf(instructions: readonly Instruction[]): Plans {
  const first = instructions.findIndex(({ keyword }) => keyword === "FROM");
  const globals = first < 0 ? instructions : instructions.slice(0, first);
  const wrong = globals.find(({ keyword }) => keyword !== "ARG");
  if (wrong || first < 0) {
    const line = wrong?.line ?? instructions[0]?.line ?? 1;
    throw new ImageError(`dockerfile parse error on line ${line}: no build stage in current context`, { line });
  }
  const stages: { from: Instruction; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const instruction of instructions.slice(first)) {
    if (instruction.keyword === "FROM")
      stages.push({ from: instruction, name: stageName(instruction), instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return { globals, stages };
}

function stageName({ words, line }: Instruction): string | undefined {
  if (words.length === 1) return undefined;
  const [, as = "", name] = words;
  if (words.length === 3 && /^as$/i.test(as)) return name?.toLowerCase();
  throw new ImageError(`dockerfile parse error on line ${line}: FROM requires either one or three arguments`, { line });
}

class Build {
  readonly #workshop: Workshop;
  readonly #options: BuildOptions;
  readonly #plans: Plans;
  readonly #output: BuildOutput;
  readonly #dockerfile: string;
  readonly #globals = new Map<string, string>();
  readonly #stages = new Map<StagePlan, Promise<Stage>>();
  readonly #made: Stage[] = [];
  readonly #usedArgs = new Set<string>();
  readonly #warnings: string[] = [];
  #entries: ReturnType<typeof listContext> | undefined;
  #cached = 0;
  #steps = 0;

  constructor(workshop: Workshop, options: BuildOptions, plans: Plans, output: BuildOutput, dockerfile: string) {
    this.#workshop = workshop;
    this.#options = options;
    this.#plans = plans;
    this.#output = output;
    this.#dockerfile = dockerfile;
  }

  async run(): Promise<Built> {
    try {
      for (const instruction of this.#plans.globals) this.#declareGlobal(instruction);
      const stage = await this.#stage(this.#target());
      this.#warnAboutArgs();
      return { stage, cached: this.#cached, steps: this.#steps, warnings: this.#warnings };
    } finally {
      for (const stage of this.#made) await stage.close();
    }
  }

  #target(): StagePlan {
    const { stages } = this.#plans;
    const { target } = this.#options;
    const found = target === undefined ? stages.at(-1) : this.#findStage(target, stages.length);
    if (found) return found;
    throw new ImageError(`target stage ${JSON.stringify(target)} could not be found`);
  }

  /** By name or number, among the first so many stages. */
  #findStage(name: string, before: number): StagePlan | undefined {
    const earlier = this.#plans.stages.slice(0, before);
    return (
      earlier.findLast((stage) => stage.name === name.toLowerCase()) ??
      (/^\d+$/.test(name) ? earlier[Number(name)] : undefined)
    );
  }

  #stage(plan: StagePlan): Promise<Stage> {
    const stage = this.#stages.get(plan) ?? this.#makeStage(plan);
    this.#stages.set(plan, stage);
    return stage;
  }

  async #makeStage(plan: StagePlan): Promise<Stage> {
    const stage = await this.#beginStage(plan);
    const layered = plan.instructions.filter(({ keyword }) => /^(WORKDIR|COPY|ADD|RUN)$/.test(keyword));
    const title = (at: number, text: string) =>
      `[${plan.name ? `${plan.name} ` : ""}${at}/${layered.length + 1}] ${text}`;
    for (const instruction of plan.instructions) {
      this.#options.signal?.throwIfAborted();
      const at = layered.indexOf(instruction);
      const step = at < 0 ? undefined : this.#output.step(title(at + 2, instruction.text));
      await this.#perform(stage, plan, instruction, step);
    }
    return stage;
  }

  async #perform(stage: Stage, plan: StagePlan, instruction: Instruction, step: StepOutput | undefined): Promise<void> {
    try {
      const cached = await perform(stage, instruction, this.#environment(plan, step));
      if (!step) return;
      this.#steps += 1;
      if (cached) this.#cached += 1;
      if (cached) step.cached();
      else step.done();
    } catch (error) {
      step?.failed((error as Error).message);
      throw error;
    }
  }

  #environment(plan: StagePlan, step: StepOutput | undefined): Environment {
    const { buildArgs = {}, noCache = false, signal, context } = this.#options;
    return {
      scope: this.#workshop.scope,
      useCache: !noCache,
      signal,
      onOutput: (chunk, stream) => step?.write(chunk, stream),
      warn: (text) => this.#warn(text, step),
      buildArg: (name) => {
        this.#usedArgs.add(name);
        return buildArgs[name] ?? this.#globals.get(name) ?? platformArgs()[name];
      },
      proxies: Object.fromEntries(Object.entries(buildArgs).filter(([name]) => PREDEFINED.test(name))),
      context: async () => ({ entries: await this.#context(context), read: context.read }),
      from: (name, line) => this.#from(name, plan, line, step),
    };
  }

  /** A stage before this one, another place of the build, or an image. */
  async #from(name: string, plan: StagePlan, line: number, step: StepOutput | undefined): Promise<CopySource> {
    const { contexts = {} } = this.#options;
    const found = this.#findStage(name, this.#plans.stages.indexOf(plan));
    if (found) return sourceOf(await this.#stage(found));
    const other = contexts[name] ?? name;
    if (typeof other !== "string") return { entries: await listContext(other, ""), read: other.read };
    try {
      const { base } = await this.#workshop.base(other);
      return await sourceOf(this.#begin(undefined, base));
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      step?.note(error.message);
      throw new ImageError(`dockerfile line ${line}: --from=${name}: ${error.message}`, { line });
    }
  }

  #context(context: BuildContext): ReturnType<typeof listContext> {
    this.#entries ??= listContext(context, this.#dockerfile);
    return this.#entries;
  }

  async #beginStage(plan: StagePlan): Promise<Stage> {
    const { from, name } = plan;
    const word = from.words[0] ?? "";
    const reference = substitute(word, (arg) => this.#globals.get(arg) ?? platformArgs()[arg], from.line);
    if (reference === "") {
      throw new ImageError(`dockerfile line ${from.line}: base name (${word}) should not be blank`, {
        line: from.line,
      });
    }
    const step = this.#output.step(
      `[${name ? `${name} ` : ""}1/${1 + plan.instructions.filter(({ keyword }) => /^(WORKDIR|COPY|ADD|RUN)$/.test(keyword)).length}] FROM ${reference}`,
    );
    if (from.flags.platform !== undefined)
      this.#warn(`--platform is this computer's own, ${process.platform}/${process.arch}`, step);
    const base = await this.#base(plan, reference, step);
    step.done();
    return this.#begin(name, base);
  }

  #begin(name: string | undefined, base: StageBase): Stage {
    const folder = join(this.#workshop.scratch, `stage-${this.#made.length}`);
    const stage = new Stage(name, base, this.#workshop.layout, this.#workshop.cache, folder);
    this.#made.push(stage);
    return stage;
  }

  async #base(plan: StagePlan, reference: string, step: StepOutput): Promise<StageBase> {
    const other = this.#findStage(reference, this.#plans.stages.indexOf(plan));
    if (other) return this.#stage(other);
    const { [reference]: named = reference } = this.#options.contexts ?? {};
    const image = typeof named === "string" ? named : reference;
    try {
      const { base, note } = await this.#workshop.base(image);
      if (note !== undefined) this.#warn(note, step);
      return base;
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      step.failed(error.message);
      throw new ImageError(error.message, { line: plan.from.line });
    }
  }

  #declareGlobal({ properties, line }: Instruction): void {
    for (const [name, value] of properties) {
      this.#usedArgs.add(name);
      const given = this.#options.buildArgs?.[name] ?? platformArgs()[name];
      const text =
        given ?? (value === undefined ? undefined : substitute(value, (arg) => this.#globals.get(arg), line));
      if (text !== undefined) this.#globals.set(name, text);
    }
  }

  #warn(text: string, step?: StepOutput): void {
    this.#warnings.push(text);
    if (step) step.note(`note: ${text}`);
    else this.#output.line(`note: ${text}`);
  }

  #warnAboutArgs(): void {
    const unused = Object.keys(this.#options.buildArgs ?? {}).filter(
      (name) => !this.#usedArgs.has(name) && !PREDEFINED.test(name),
    );
    if (unused.length > 0) this.#warn(`One or more build-args [${unused.join(" ")}] were not consumed`);
  }
}

/** https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope */
function platformArgs(): Record<string, string> {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  return {
    TARGETPLATFORM: `linux/${arch}`,
    TARGETOS: "linux",
    TARGETARCH: arch,
    BUILDPLATFORM: `linux/${arch}`,
    BUILDOS: "linux",
    BUILDARCH: arch,
  };
}

/** The config of a finished stage with the labels of the command line. */
export function finalConfig(stage: Stage, labels: Readonly<Record<string, string>> = {}): ImageConfig {
  return { ...stage.config, Labels: { ...stage.config.Labels, ...labels } };
}

/** Key of the base images of this computer: another Node makes other layers. */
export function baseKey(reference: string): string {
  return `${reference} on Node ${toolchain().version} ${process.platform}/${process.arch}`;
}
