import { appendFile } from "node:fs/promises";
import type { Aws } from "../aws/clients.ts";
import { create } from "../engine/create.ts";
import { Explained, explainError, RunStopped } from "../engine/errors.ts";
import type { Report } from "../engine/event.ts";
import { EXIT, type Told } from "../engine/outcome.ts";
import type { Run } from "../engine/run.ts";
import type { AnyTask, DeployedService, RegistryPlace, Release, Roll, Version } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import { phasesOf } from "../release/phases.ts";
import { inWords, type ServiceNow, type Serving, serviceNow } from "../release/service-now.ts";
import { takeBack, USUAL_TIMEOUT, withdraw } from "../release/take-back.ts";
import { stepSummary } from "../terminal/step-summary.ts";
import { refuted, startProbe, TELL } from "./asked.ts";
import { confirmRelease } from "./confirm.ts";
import { type Done, runOnStack, type Surroundings } from "./run-on-stack.ts";
import { awsOf, noTag, type ServiceOptions, serviceNamed } from "./services.ts";
import type { Session } from "./session.ts";
import { wantsItBack } from "./when-interrupted.ts";

/** Options of `bia-infra deploy-version`. */
export interface DeployVersionOptions extends ServiceOptions {
  /** The tag of the image, of a service whose image is built. */
  readonly tag?: string;
  /** Values by name over those of the variables, of a service whose image is not. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default `machine`. */
  readonly builder?: Version["builder"];
  readonly buildArg?: Readonly<Record<string, string>>;
  /** Run the app's migrations with the new image before the roll. Default false. */
  readonly migrate?: boolean;
  /** Default `deployed`. */
  readonly wait?: Roll["until"];
  /** Seconds. Default 900. */
  readonly timeout?: number;
  /** Request the public url throughout, so many times a second; true: at the usual rate. */
  readonly probe?: number | true;
  /** False: what fails stays as it is, for somebody to look at. Default true. */
  readonly rollback?: boolean;
  /** Do not ask on aws. */
  readonly yes?: boolean;
}

/** Requests a second of `--probe`. */
const USUAL_RATE = 10;

/** The stage that the tasks of a release make up. */
const STAGE = "version";

/** Builds a version, puts the service on it, and watches until it alone serves; takes it back if it does not come to that. */
export function deployVersionCommand(options: DeployVersionOptions, surroundings: Surroundings): Promise<number> {
  const roll: Roll = { until: options.wait ?? "deployed", timeout: options.timeout ?? USUAL_TIMEOUT };
  let wanted: Wanted | undefined;
  return runOnStack(
    "deploy-version",
    options,
    surroundings,
    async (session) => {
      if (!wanted) throw new Error("the session has not made the stage of the release");
      return new Deploy(session, options, roll, wanted).run();
    },
    (stack, { registry }) => {
      wanted = wantedOf(serviceNamed(stack, options.service), options, roll, registry);
      const { service, release, called } = wanted;
      const title = `${called} of service ${service.name}`;
      return { name: STAGE, title, tasks: release.tasks, outputs: {}, costs: [] };
    },
    summarize,
  );
}

/** What is to serve. */
interface Wanted {
  readonly service: DeployedService;
  readonly release: Release;
  /** In words, e.g. `version v2`. */
  readonly called: string;
}

/** @throws {RunStopped, Explained} the options are for a service of the other sort */
function wantedOf(
  service: DeployedService,
  { tag, env, builder = "machine", buildArg: buildArgs = {}, migrate = false }: DeployVersionOptions,
  roll: Roll,
  registry: RegistryPlace | undefined,
): Wanted {
  if (service.versionsOf === "environment") {
    if (env === undefined) throw noTag(service);
    // Names alone: a value may be nobody else's business.
    const called = `a revision with ${Object.keys(env).join(", ")}`;
    return { service, release: service.release({ environment: env, roll }), called };
  }
  if (tag === undefined) throw noEnvironment(service);
  const release = service.release({ tag, builder, buildArgs, migrate, roll, ...(registry && { registry }) });
  return { service, release, called: `version ${tag}` };
}

function noEnvironment({ name }: DeployedService): Explained {
  return new Explained(
    `the image of service ${name} is built, and a version of it is called by a --tag; it takes no --env`,
    "Say what the version is called: `bia-infra deploy-version --tag v2`.",
  );
}

/** Adds what came of it to the summary of a job on GitHub Actions; anywhere else there is none. */
async function summarize(report: Report): Promise<void> {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file) await appendFile(file, stepSummary(report));
}

type Outcomes = ReadonlyMap<AnyTask, Outcome<Told>>;

class Deploy {
  readonly #session: Session;
  readonly #options: DeployVersionOptions;
  readonly #roll: Roll;
  readonly #service: DeployedService;
  readonly #release: Release;
  readonly #called: string;

  constructor(session: Session, options: DeployVersionOptions, roll: Roll, { service, release, called }: Wanted) {
    this.#session = session;
    this.#options = options;
    this.#roll = roll;
    this.#service = service;
    this.#release = release;
    this.#called = called;
  }

  async run(): Promise<Done> {
    const before = await serviceNow(awsOf(this.#session), this.#service);
    if (this.#session.target.name === "aws" && !this.#options.yes)
      await confirmRelease(this.#session, this.#words(before));
    const { probe: rate } = this.#options;
    if (rate === undefined) return this.#deploy(before);
    const probe = await startProbe(this.#session, this.#service, rate === true ? USUAL_RATE : rate);
    if (!probe) this.#tell("warning", "There is no url that could be requested: the service has no load balancer.");
    const done = await this.#deploy(before).catch(async (error) => {
      await probe?.end();
      throw error;
    });
    return { ...done, probe: await probe?.end() };
  }

  async #deploy(before: ServiceNow): Promise<Done> {
    const { tasks, findOnly } = this.#session.selection;
    const run = this.#session.run() as Run<Aws>;
    const outcomes = await create(run, { tasks, findOnly, adopt: false });
    const own = new Map([...outcomes].filter(([task, { is }]) => !findOnly.has(task) || is === "failed"));
    this.#tellUnbuilt(own);
    if (this.#session.interrupted)
      return { outcomes: own, walked: "forward", ...(await this.#interrupted(run, before, own)) };
    const migrated = this.#release.migration && outcomes.get(this.#release.migration);
    if (migrated?.is === "failed")
      return { outcomes: own, walked: "forward", ...(await this.#unmigrated(run, migrated.error, before, own)) };
    const rolled = outcomes.get(this.#release.roll);
    if (rolled?.is === "failed")
      return { outcomes: own, walked: "forward", ...(await this.#failed(run, rolled.error, before, own)) };
    const refuted = rolled?.is === "done" ? await this.#refuted(before) : undefined;
    if (refuted !== undefined)
      return {
        outcomes: own,
        walked: "forward",
        ...(await this.#failed(run, new Explained(refuted, TELL), before, own)),
      };
    this.#tellEnd(own, before);
    return { outcomes: own, walked: "forward", outputs: this.#outputs(own), next: NEXT };
  }

  /** The person has pressed Ctrl-C: a roll that has begun goes on by itself, or is taken back. */
  async #interrupted(run: Run<Aws>, before: ServiceNow, outcomes: Outcomes): Promise<Partial<Done>> {
    const from = this.#revision(outcomes);
    if (from === undefined || this.#session.lost) return {};
    const { rollout } = await serviceNow(awsOf(this.#session), this.#service);
    const to = before.serving;
    if (rollout.revision !== from || to?.arn === from) return {};
    if (!(await wantsItBack(this.#session, this.#options, to && inWords(to))) || !to) return {};
    return this.#back({ ...run, signal: new AbortController().signal }, from, to, "You pressed Ctrl-C.", AGAIN);
  }

  /** What answers instead of the version; undefined: nothing else does, as far as can be seen from here. */
  async #refuted({ serving, rollout }: ServiceNow): Promise<string | undefined> {
    const { tag: version } = this.#options;
    // What does not tell its version cannot be asked for it: its targets are healthy, and that has to do.
    if (version === undefined || this.#roll.until === "none" || this.#session.interrupted) return undefined;
    const targets = rollout.desiredCount;
    return refuted(this.#session, this.#service, { version, before: serving?.version, targets });
  }

  #tell(level: "info" | "warning", text: string): void {
    this.#session.emit({ type: "message", level, text });
  }

  #tellUnbuilt(outcomes: Outcomes): void {
    const { built } = this.#release;
    const image = built && outcomes.get(built.image);
    if (image?.is !== "done" || image.result.verdict.is !== "unchanged") return;
    const of = (this.#options.builder ?? "machine") !== "none" ? ", of this very source" : "";
    const text = `${built?.image.title} is there already${of}: nothing is built.`;
    this.#tell("info", text);
  }

  /** Who serves where it did not come to a roll; else what is still to be known of it. */
  #tellEnd(outcomes: Outcomes, { serving }: ServiceNow): void {
    const isAllDone = [...outcomes.values()].every(({ is }) => is === "done");
    if (!isAllDone) this.#tell("info", serving ? unchanged(serving) : NOTHING_SERVES);
    if (isAllDone && this.#roll.until === "none") this.#tell("info", UNWATCHED);
    if (isAllDone && this.#service.versionsOf === "environment") this.#tell("info", UNTIL_CREATE);
  }

  #words({ serving }: ServiceNow): string {
    const from = serving ? inWords(serving) : "nothing that serves";
    return `~ service ${this.#service.name}: ${from} -> ${this.#called}`;
  }

  /** The version did not come to serve: back to what served before, unless the person wants to look at it, or has gone. */
  async #failed(run: Run<Aws>, error: unknown, before: ServiceNow, outcomes: Outcomes): Promise<Partial<Done>> {
    const session = this.#session;
    if (error instanceof RunStopped || session.interrupted || session.lost) return {};
    const { why, next } = explainError(session.errors, error);
    const what = `${this.#called} does not serve`;
    const to = before.serving;
    const from = this.#revision(outcomes);
    if (from === undefined || to === undefined || to.arn === from)
      return { exitCode: EXIT.notServing, error: { what, why, next: `${FIRST}\n${next}` } };
    if (this.#options.rollback === false)
      return {
        exitCode: EXIT.notServing,
        error: { what, why, next: `${next}\n${before.rollout.goesBack ? LEFT_TO_ECS : STAYS}` },
      };
    return this.#back(run, from, to, why, next);
  }

  async #back(run: Run<Aws>, from: string, to: Serving, cause: string, next: string): Promise<Partial<Done>> {
    const what = `${this.#called} does not serve`;
    this.#tell("warning", `Taking it back: ${this.#service.name} goes to ${inWords(to)} again.`);
    const tell = (text: string) => this.#tell("info", text);
    const { failure } = await takeBack(run, this.#service, { from, to, roll: this.#roll }, tell);
    if (failure !== undefined)
      return {
        exitCode: EXIT.notServing,
        error: { what, why: `${cause}\nIt could not be taken back: ${failure}`, next: STAYS },
      };
    return { exitCode: EXIT.notServing, error: { what, why: `${cause}\n${served(to)}`, next } };
  }

  /** The service was not touched; the revision is taken out of use, or the next create would put it forward. */
  async #unmigrated(run: Run<Aws>, error: unknown, { serving }: ServiceNow, own: Outcomes): Promise<Partial<Done>> {
    const session = this.#session;
    if (error instanceof RunStopped || session.interrupted || session.lost) return {};
    const from = this.#revision(own);
    if (from !== undefined) await withdraw(run.aws(this.#release.revision), this.#service, from);
    const { why, next } = explainError(session.errors, error);
    const what = `the migrations of ${this.#called} failed, and it was not rolled out`;
    const serves = serving ? `${inWords(serving)} serves as before.` : "No version serves yet.";
    return { exitCode: EXIT.notServing, error: { what, why: `${why}\n${serves}`, next } };
  }

  #revision(outcomes: Outcomes): string | undefined {
    const outcome = outcomes.get(this.#release.revision);
    return outcome?.is === "done" ? (outcome.result.actual as { readonly arn: string }).arn : undefined;
  }

  #outputs(outcomes: Outcomes): Record<string, string> {
    const outcome = outcomes.get(this.#release.revision);
    if (outcome?.is !== "done") return {};
    const { revision, image } = outcome.result.actual as { readonly revision: number; readonly image?: string };
    const { tag: version } = this.#options;
    const of = { ...(version !== undefined && { version }), revision: `${revision}`, ...(image && { image }) };
    return { service: this.#service.name, ...of, ...phasesOf(outcomes.get(this.#release.roll)) };
  }
}

const FIRST = "No version served before it, so there is nothing to go back to, and it is left as it is.";
const STAYS = "The service is left as it is: `bia-infra status` tells how, and `bia-infra rollback` takes it back.";
const LEFT_TO_ECS =
  "The service is left as it is, but ECS's circuit breaker is on and goes back by itself where tasks fail: `bia-infra versions` tells which version serves, and `bia-infra rollback --to` goes to one of them.";
const AGAIN = "Run the same command again to put it forward.";
const UNWATCHED = "ECS has been asked for it, and nobody watches: `bia-infra status --watch` shows how far it is.";
const UNTIL_CREATE =
  "It stays until the next `bia-infra create`, which puts back what the variables say; `bia-infra plan` shows that. To keep it, write it there.";
const NEXT = ["bia-infra versions", "bia-infra rollback"];

const NOTHING_SERVES = "Nothing was rolled out, and no version serves yet.";

function unchanged(serving: Serving): string {
  return `Nothing was rolled out: ${inWords(serving)} serves as before.`;
}

function served(to: Serving): string {
  return `${inWords(to)} serves again, as before.`;
}
