import { create } from "../engine/create.ts";
import { Explained, explainError, RunStopped } from "../engine/errors.ts";
import { EXIT, type Told } from "../engine/outcome.ts";
import { type AnyTask, type Roll, task } from "../engine/task.ts";
import { chosenRevision } from "../release/chosen-revision.ts";
import { phasesOf } from "../release/phases.ts";
import { inWords, type Serving, serviceNow } from "../release/service-now.ts";
import { USUAL_TIMEOUT } from "../release/take-back.ts";
import { refuted, TELL } from "./asked.ts";
import { confirmRelease } from "./confirm.ts";
import { type Done, runOnStack, type Surroundings } from "./run-on-stack.ts";
import { awsOf, type ServiceOptions, serviceNamed } from "./services.ts";
import type { Session } from "./session.ts";

/** Options of the commands that put a service on a revision that is there already. */
export interface PutOnOptions extends ServiceOptions {
  /** Seconds that it may stand still. Default 900. */
  readonly timeout?: number;
  /** Do not ask on aws. */
  readonly yes?: boolean;
}

/** Options of `bia-infra rollback`. */
export interface RollbackOptions extends PutOnOptions {
  /** Number of a revision, or the name of a version; absent: the one before what serves. */
  readonly to?: string;
}

/** `bia-infra rollback`: puts a service on a revision that served before. Answers the exit code. */
export function rollbackCommand(options: RollbackOptions, surroundings: Surroundings): Promise<number> {
  return putOn("rollback", options.to ?? "before", options, surroundings);
}

/** `bia-infra restart`: starts a service's tasks anew, of the revision that it is on. Answers the exit code. */
export function restartCommand(options: PutOnOptions, surroundings: Surroundings): Promise<number> {
  return putOn("restart", "now", options, surroundings);
}

function putOn(command: string, which: string, options: PutOnOptions, surroundings: Surroundings): Promise<number> {
  const roll: Roll = { until: "deployed", timeout: options.timeout ?? USUAL_TIMEOUT };
  let rolled: AnyTask | undefined;
  return runOnStack(
    command,
    options,
    surroundings,
    async (session) => {
      const { tasks, findOnly } = session.selection;
      const service = serviceNamed(session.stack, options.service);
      const { serving, rollout } = await serviceNow(awsOf(session), service);
      const from = serving ? inWords(serving) : "nothing that serves";
      if (session.target.name === "aws" && !options.yes)
        await confirmRelease(
          session,
          `~ service ${service.name}: ${from}, ${command}${which === "before" ? "" : ` to ${which}`}`,
        );
      const outcomes = await create(session.run(), { tasks, findOnly, adopt: false });
      const chosen = [...outcomes.values()].flatMap((one) =>
        one.is === "done" ? [one.result.actual as Serving] : [],
      )[0];
      const roll = rolled && outcomes.get(rolled);
      const outputs = { service: service.name, ...(chosen && { serves: inWords(chosen) }), ...phasesOf(roll) };
      const done: Done = { outcomes, walked: "forward", outputs, next: ["bia-infra versions"] };
      if (!chosen || session.interrupted || session.lost) return done;
      if (roll?.is === "failed") return { ...done, ...failed(session, chosen, roll.error) };
      if (which === "before" && chosen.arn === serving?.arn && roll?.is === "done" && !isChange(roll.result))
        session.emit({ type: "message", level: "info", text: isBack(serving) });
      const { version } = chosen;
      if (roll?.is !== "done" || version === undefined) return done;
      const claimed = { version, before: serving?.version, targets: rollout.desiredCount };
      const why = await refuted(session, service, claimed);
      return why === undefined ? done : { ...done, ...failed(session, chosen, new Explained(why, TELL)) };
    },
    (stack) => {
      const service = serviceNamed(stack, options.service);
      const { name, cluster, family, container } = service;
      const names = { name, cluster, family, container };
      const revision = task("chosen-revision", `revision of ${family}`, chosenRevision, { service: names, which });
      const anewSince = which === "now" ? revision.out(({ afterNow }) => afterNow) : undefined;
      rolled = service.putOn(
        revision.out(({ arn }) => arn),
        roll,
        anewSince,
      );
      return {
        name: command,
        title: `${command} of ${service.name}`,
        tasks: [revision, rolled],
        outputs: {},
        costs: [],
      };
    },
  );
}

/** It does not serve: nobody knows better than the person which one should, so it is left as it is. */
function failed({ errors }: Session, chosen: Serving, error: unknown): Partial<Done> {
  if (error instanceof RunStopped) return {};
  const { why, next } = explainError(errors, error);
  const what = `${inWords(chosen)} does not serve`;
  return { exitCode: EXIT.notServing, outputs: {}, error: { what, why, next: `${next}\n${ANOTHER}` } };
}

function isChange({ verdict }: Told): boolean {
  return verdict.is !== "unchanged";
}

function isBack(serving: Serving): string {
  return `What was rolled out last has been taken back already, and ${inWords(serving)} serves. To go further back, say to which version: \`bia-infra rollback --to\`.`;
}

const ANOTHER =
  "The service is left as it is: `bia-infra status` tells how, `bia-infra versions` which versions there are, and `bia-infra rollback --to` goes to one of them.";
