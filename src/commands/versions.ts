import { EXIT } from "../engine/outcome.ts";
import { type VersionThere, versionsOf } from "../release/versions.ts";
import { table } from "../terminal/columns.ts";
import { inSession } from "./in-session.ts";
import type { Surroundings } from "./run-on-stack.ts";
import { awsOf, type ServiceOptions, serviceNamed } from "./services.ts";

/** Options of `bia-infra versions`. */
export interface VersionsOptions extends ServiceOptions {
  /** So many at most. Default 10. */
  readonly last?: number;
}

/** `bia-infra versions`: the revisions of a service, newest first, and which of them serves. Answers the exit code. */
export function versionsCommand(options: VersionsOptions, surroundings: Surroundings): Promise<number> {
  return inSession("versions", options, surroundings, async (session) => {
    const service = serviceNamed(session.stack, options.service);
    const versions = await versionsOf(awsOf(session), service, options.last ?? 10);
    if (options.json) process.stdout.write(`${JSON.stringify(versions, null, 2)}\n`);
    else for (const line of table([HEAD, ...versions.map(row)])) process.stdout.write(`${line}\n`);
    return EXIT.done;
  });
}

const HEAD = ["", "revision", "version", "image", "registered", "by"];

function row({ revision, version, environment, image, registeredAt, by, ...state }: VersionThere): string[] {
  const digest = image.slice(image.lastIndexOf("/") + 1).replace(/(@sha256:.{12}).*/, "$1");
  const when = registeredAt?.toISOString().slice(0, 16).replace("T", " ") ?? "";
  const called = version ?? (environment === undefined ? "-" : `env ${environment}`);
  return [stateOf(state), revision, called, digest, when, by.slice(by.lastIndexOf("/") + 1)];
}

function stateOf({ serves, takenBack }: Pick<VersionThere, "serves" | "takenBack">): string {
  if (serves) return "serves";
  return takenBack ? "taken back" : "";
}
