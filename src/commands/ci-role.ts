import { trustingRoles } from "../aws/trusting-roles.ts";
import { create } from "../engine/create.ts";
import { destroy, findDoomed } from "../engine/destroy.ts";
import { outputsOf } from "../engine/outcome.ts";
import { select } from "../engine/selection.ts";
import type { AnyTask, Stack } from "../engine/task.ts";
import { type CiRole, ciRoleStage, GITHUB, PROVIDER, printedCiRole } from "../stacks/ci-role.ts";
import { permissionsOf } from "../stacks/index.ts";
import { type PermissionCommand, policiesFor } from "../stacks/permissions.ts";
import type { Target } from "../target.ts";
import type { Variables } from "../variables/index.ts";
import { confirmRelease } from "./confirm.ts";
import { inSession } from "./in-session.ts";
import { type Done, runOnStack, type Surroundings } from "./run-on-stack.ts";
import type { Session, StackOptions } from "./session.ts";

/** Options of `bia-infra ci-role`. */
export interface CiRoleOptions extends Omit<StackOptions, "stage"> {
  /** `owner/name` on GitHub. Absent: only together with `delete`. */
  readonly repo?: string;
  /** Whose jobs may deploy. Default `main`, where there is no environment. */
  readonly branch?: string;
  /** Jobs of which environment of the repository may deploy, instead of those of a branch. */
  readonly environment?: string;
  /** Only print what would be made, as JSON. */
  readonly print?: boolean;
  /** Delete it. */
  readonly delete?: boolean;
  /** Do not ask on aws. */
  readonly yes?: boolean;
}

/** What jobs run that deploy. */
const COMMANDS: readonly PermissionCommand[] = ["deploy-version", "verify", "rollback"];

/**
 * `bia-infra ci-role`: makes the role with which a repository's jobs on GitHub deploy without a key, prints it, or deletes it. Answers the
 * exit code.
 */
export function ciRoleCommand(options: CiRoleOptions, surroundings: Surroundings): Promise<number> {
  let wanted: CiRole | undefined;
  const ownStage = ({ name: stack }: Stack, { region }: Target, variables: Variables) => {
    const policies = policiesFor(permissionsOf(variables, region), COMMANDS);
    wanted = { stack, region, subject: subjectOf(options), policies };
    return ciRoleStage(wanted);
  };
  if (options.print) {
    return inSession(
      "ci-role",
      options,
      surroundings,
      async ({ account }) => {
        if (wanted) process.stdout.write(`${JSON.stringify(printedCiRole(wanted, account), null, 2)}\n`);
        return 0;
      },
      undefined,
      ownStage,
    );
  }
  const act = (session: Session) => (options.delete ? remove(session, options) : make(session, options));
  return runOnStack("ci-role", options, surroundings, act, ownStage);
}

/** Whom a token of GitHub speaks for. (GitHub Docs, "OpenID Connect reference", example subject claims) */
function subjectOf({ repo = "", branch = "main", environment }: CiRoleOptions): string {
  if (environment === undefined) return `repo:${repo}:ref:refs/heads/${branch}`;
  return `repo:${repo}:environment:${environment.replaceAll(":", "%3A")}`;
}

async function make(session: Session, options: CiRoleOptions): Promise<Done> {
  const { tasks, findOnly } = session.selection;
  if (session.target.name === "aws" && !options.yes) {
    const titles = tasks.map(({ title }) => title).join(", ");
    await confirmRelease(session, `+ ${titles}, for ${subjectOf(options)}`);
  }
  const outcomes = await create(session.run(), { tasks, findOnly, adopt: false });
  return { outcomes, walked: "forward", outputs: outputsOf(ownStack(session), outcomes) };
}

/** The role; and the provider, unless others trust it, too. */
async function remove(session: Session, { yes }: CiRoleOptions): Promise<Done> {
  const stack = ownStack(session);
  const doomed = await findDoomed(session.run({ quiet: true }), stack, select(stack, "all"));
  const provider = `arn:aws:iam::${session.account}:oidc-provider/${GITHUB}`;
  const own = doomed.tasks.map(({ title }) => title);
  const others = (await trustingRoles(session.clients, provider)).filter((name) => !own.includes(`role ${name}`));
  const isLeft = (task: AnyTask) => others.length > 0 && task.id === PROVIDER;
  const removing = doomed.removing.filter((task) => !isLeft(task));
  if (others.length > 0) {
    const text = `The identity provider stays: ${others.join(", ")} ${others.length === 1 ? "trusts" : "trust"} it, too.`;
    session.emit({ type: "message", level: "info", text });
  }
  if (session.target.name === "aws" && !yes && removing.length > 0)
    await confirmRelease(session, `- ${removing.map(({ title }) => title).join(", ")}`);
  const outcomes = await destroy(session.run(), {
    ...doomed,
    removing,
    tasks: doomed.tasks.filter((task) => !isLeft(task)),
  });
  return { outcomes, walked: "reverse", outputs: {} };
}

/** Nothing of the stack's own stages matters to the role, nor has to be looked at. */
function ownStack({ stack, selection }: Session): Stack {
  return { ...stack, stages: selection.stages };
}
