import type { Finding } from "../aws/finding.ts";
import { explainError } from "../engine/errors.ts";
import { type Observation, observe } from "../engine/observe.ts";
import { EXIT } from "../engine/outcome.ts";
import type { AnyTask, DeployedService, RegistryPlace, Release, Roll } from "../engine/task.ts";
import type { Outcome } from "../engine/walk.ts";
import type { Looked } from "../release/verify/index.ts";
import { servingImage } from "../release/verify/serving-image.ts";
import { findingLines } from "../terminal/findings.ts";
import { styleFor } from "../terminal/style.ts";
import { inSession } from "./in-session.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { withCommandsIn } from "./self.ts";
import { awsOf, noTag, type ServiceOptions, serviceNamed } from "./services.ts";
import type { Session } from "./session.ts";

/** Options of `bia-infra verify`. */
export interface VerifyOptions extends ServiceOptions {
  /** The image of this tag is looked at. Absent: the one that serves. */
  readonly tag?: string;
}

/**
 * `bia-infra verify`: looks what would keep a version from serving, and changes nothing. Answers the exit code: 0 no problem found, 1
 * some.
 */
export function verifyCommand(options: VerifyOptions, surroundings: Surroundings): Promise<number> {
  let asked: { readonly service: DeployedService; readonly release: Release } | undefined;
  return inSession(
    "verify",
    options,
    surroundings,
    async (session) => {
      if (!asked) throw new Error("the session has not made the stage of the release");
      const { service, release } = asked;
      const found = await findingsIn(session, release);
      const serving =
        options.tag === undefined && service.versionsOf === "image"
          ? await servingImage(awsOf(session), service, session.target.registry)
          : [];
      const findings = withCommandsIn([...serving, ...found], options);
      print(findings, session, options);
      return findings.some(({ level }) => level === "problem") ? EXIT.failed : EXIT.done;
    },
    EXIT.interrupted,
    (stack, { registry }) => {
      const service = serviceNamed(stack, options.service);
      const release = releaseToVerify(service, options, registry);
      asked = { service, release };
      const { checks, built } = release;
      const tasks = options.tag !== undefined && built ? [checks, built.image, built.platform] : [checks];
      return { name: "version", title: "what a version needs", tasks, outputs: {}, costs: [] };
    },
  );
}

/** @throws {RunStopped} a tag is named, and the service's image is somebody else's */
function releaseToVerify(
  service: DeployedService,
  { tag }: VerifyOptions,
  registry: RegistryPlace | undefined,
): Release {
  const roll: Roll = { until: "none", timeout: 1 };
  if (service.versionsOf === "image") {
    const version = { tag: tag ?? "serving", builder: "none", buildArgs: {}, migrate: false, roll } as const;
    return service.release({ ...version, ...(registry && { registry }) });
  }
  if (tag !== undefined) throw noTag(service);
  return service.release({ environment: {}, roll });
}

/** What the checks found; of the stack's own things, which they look at, what is not there. */
async function findingsIn(session: Session, { checks, built }: Release): Promise<Finding[]> {
  const outcomes = await observe(session.run({ quiet: true }), session.selection.tasks);
  const looks = [checks, ...(built ? [built.platform] : [])];
  const looked = looks.flatMap((task) => {
    const outcome = outcomes.get(task);
    return outcome?.is === "done" ? ((outcome.result.actual as Looked | undefined)?.findings ?? []) : [];
  });
  const others = [...outcomes].filter(([task]) => !looks.includes(task));
  return [...others.flatMap(([task, outcome]) => trouble(session, task, outcome, task === built?.image)), ...looked];
}

function trouble({ errors }: Session, task: AnyTask, outcome: Outcome<Observation>, isImage: boolean): Finding[] {
  const subject = task.title;
  if (outcome.is === "skipped") return [];
  if (outcome.is === "failed") {
    const { why, next } = explainError(errors, outcome.error);
    return [{ level: "unknown", subject, text: why, next }];
  }
  if (outcome.result.actual !== undefined) return [];
  const next = isImage ? "Push it, or let `bia-infra deploy-version` build it." : "`bia-infra create --all` makes it.";
  return [{ level: "problem", subject, text: "is not there", next }];
}

function print(findings: readonly Finding[], { target }: Session, { json = false }: VerifyOptions): void {
  const { name, region } = target;
  const text = json
    ? JSON.stringify({ target: name, region, findings }, null, 2)
    : findingLines(findings, styleFor(process.stdout.isTTY === true, process.env)).join("\n");
  process.stdout.write(`${text}\n`);
}
