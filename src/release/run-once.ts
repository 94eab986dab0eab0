import { StopTaskCommand } from "@aws-sdk/client-ecs";
import type { Aws } from "../aws/clients.ts";
import type { Clock } from "../engine/clock.ts";
import { Explained } from "../engine/errors.ts";
import type { ServiceNames } from "../engine/task.ts";
import { type OneOff, type OneOffState, oneOffState, startOneOff } from "../kinds/ecs/one-off-task.ts";
import { Printed } from "../kinds/ecs/printed.ts";
import { inWords, type Serving, serviceNow } from "./service-now.ts";
import { versionNamed } from "./versions.ts";

/** What is run once, and with what. */
export interface Once extends Pick<OneOff, "command"> {
  /** A version, or the number of a revision. Absent: the one that serves. */
  readonly tag?: string;
  /** MiB. Absent: as the revision has it, or as much as a machine has left. */
  readonly memory?: number;
  /** CPU units. Absent: as with `memory`. */
  readonly cpu?: number;
}

/** Who waits for it. */
export interface Around {
  readonly clock: Clock;
  /** Aborting it stops the task; its last words are still shown. */
  readonly signal: AbortSignal;
  /** Receives each line that the task prints. */
  show(line: string): void;
  /** Receives what is worth telling about it. */
  say(text: string): void;
}

/** Milliseconds between two looks. */
const PAUSE = 500;

/**
 * Runs a command in a task of its own, with the image, environment and secrets of a version of a service, and waits for its end.
 *
 * @throws {Explained} there is no such version, or ECS has no place for the task
 */
export async function runOnce(aws: Aws, service: ServiceNames, once: Once, around: Around): Promise<OneOffState> {
  const { rollout, serving } = await serviceNow(aws, service);
  const version = await versionFor(aws, service, once.tag, serving);
  const { command, memory, cpu } = once;
  const oneOff: OneOff = {
    cluster: service.cluster,
    revision: version.arn,
    container: service.container,
    command,
    startedBy: "bia-infra/run",
    ...(rollout.fargate && { fargate: rollout.fargate }),
    ...(memory !== undefined && { memory }),
    ...(cpu !== undefined && { cpu }),
  };
  const arn = await startOneOff(aws, oneOff, around.say);
  around.say(`Task ${arn.slice(arn.lastIndexOf("/") + 1)} of ${inWords(version)} is on its way; Ctrl-C stops it.`);
  return new Watched(aws, oneOff, arn, around).toItsEnd();
}

async function versionFor(
  aws: Aws,
  service: ServiceNames,
  tag: string | undefined,
  serving: Serving | undefined,
): Promise<Serving> {
  if (tag !== undefined) {
    const { arn, revision, version } = await versionNamed(aws, service, tag);
    return { arn, number: revision, version };
  }
  if (serving) return serving;
  throw new Explained(
    `service ${service.name} has no version that serves`,
    "Say which one, with --tag: `bia-infra versions` lists what there is.",
  );
}

/** A task that somebody waits for. */
class Watched {
  readonly #aws: Aws;
  readonly #oneOff: OneOff;
  readonly #arn: string;
  readonly #around: Around;

  constructor(aws: Aws, oneOff: OneOff, arn: string, around: Around) {
    this.#aws = aws;
    this.#oneOff = oneOff;
    this.#arn = arn;
    this.#around = around;
  }

  /** Shows what it prints until it has stopped. */
  async toItsEnd(): Promise<OneOffState> {
    const { signal, say, clock } = this.#around;
    const { revision, container } = this.#oneOff;
    const id = this.#arn.slice(this.#arn.lastIndexOf("/") + 1);
    const printed = await Printed.by(this.#aws, revision, container, id);
    if (!printed.isKept) say(KEPT_NOWHERE);
    let isStopping = false;
    for (;;) {
      // Asked first, so that what is read then is all that had been printed.
      const state = await oneOffState(this.#aws, this.#oneOff, this.#arn);
      const lines = await this.#show(printed);
      // Lines come a little late: the end is when there are no more.
      if (state?.stopped !== undefined && lines === 0) return state;
      if (signal.aborted && !isStopping) {
        isStopping = true;
        await this.#stop();
      }
      await clock.sleep(PAUSE, isStopping ? new AbortController().signal : signal).catch(() => {});
    }
  }

  async #show(printed: Printed): Promise<number> {
    const lines = await printed.lines();
    for (const line of lines) this.#around.show(line);
    return lines.length;
  }

  async #stop(): Promise<void> {
    const { cluster } = this.#oneOff;
    await this.#aws.ecs.send(new StopTaskCommand({ cluster, task: this.#arn, reason: "stopped by Ctrl-C" }));
  }
}

const KEPT_NOWHERE =
  "What it prints is kept nowhere: its revision has no log driver awslogs. taskDefinition.logs.enabled in the variables makes one that has.";
