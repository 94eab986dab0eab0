import { withNeeds } from "../engine/selection.ts";
import { status } from "../engine/status.ts";
import type { DeployedService, Ref } from "../engine/task.ts";
import { type Course, Probe } from "../release/probe/probe.ts";
import { type Proof, prove } from "../release/proof.ts";
import { isAlone } from "../release/service-now.ts";
import { awsOf } from "./services.ts";
import type { Session } from "./session.ts";

/** Where a service is asked from this computer. */
interface Place {
  readonly url: URL;
  /** PEM; absent: one that every computer trusts. */
  readonly authority?: string;
}

/** What to do where another version answers. */
export const TELL = "Let the app tell the version that VERSAO_API names, then deploy it again.";

/** Ctrl-C came before it was known; the service is where it was put. */
const UNTOLD: Proof = { is: "unreached", why: "you pressed Ctrl-C." };

/** Begins to request the public url of a service all the time. Undefined: it has none that anybody could reach. */
export async function startProbe(
  session: Session,
  { asked }: DeployedService,
  rate: number,
): Promise<Probe | undefined> {
  if (!asked) return undefined;
  const place = await firstPlace(session, [...(asked.site ? [asked.site] : []), asked.url], asked.path);
  if (!place) return undefined;
  const { url, authority } = place;
  const told = (course: Course) => session.keep({ type: "answers", at: Date.now(), ...course });
  return new Probe({ url: url.href, rate, told, ...(authority !== undefined && { authority }) });
}

/** Which version a service has been put on. */
interface Claimed {
  readonly version: string;
  /** The one that served before. */
  readonly before: string | undefined;
  readonly targets: number;
}

/**
 * Asks a service from outside whether it is the version that answers, and tells what came of it.
 *
 * @returns what answers instead; undefined: nothing else does, as far as can be seen from here
 */
export async function refuted(
  session: Session,
  service: DeployedService,
  claimed: Claimed,
): Promise<string | undefined> {
  const tell = (level: "info" | "warning", text: string) => session.emit({ type: "message", level, text });
  const { version } = claimed;
  const proof = await proofOf(session, service, claimed).catch((error) => {
    if (!session.interrupted) throw error;
    return UNTOLD;
  });
  if (proof?.is === "refuted") return proof.why;
  if (proof?.is === "proven") tell("info", `${version} answers, and nothing else: ${proof.requests} requests.`);
  if (proof?.is === "untold")
    tell("info", `${service.asked?.path} answers and names no version: ${proof.requests} requests.`);
  if (proof?.is === "unreached") tell("warning", `Nobody here could ask which version answers: ${proof.why}`);
  return undefined;
}

/** Undefined: it has no url. */
async function proofOf(session: Session, service: DeployedService, claimed: Claimed): Promise<Proof | undefined> {
  const { asked } = service;
  if (!asked) return undefined;
  const place = await firstPlace(session, [asked.url], asked.path);
  if (!place) return { is: "unreached", why: "its load balancer opens nowhere" };
  const { clock, signal } = session.run({ quiet: true });
  const isBeforeGone = () => isAlone(awsOf(session), service);
  return prove({ ...claimed, tells: asked.tells, url: place.url, isBeforeGone }, clock, signal);
}

/** The first of some urls that is up. */
async function firstPlace(session: Session, refs: readonly Ref<string>[], path: string): Promise<Place | undefined> {
  const { stack, target } = session;
  const tasks = withNeeds(
    stack,
    refs.map(({ task }) => task),
  );
  const outcomes = await status(session.run({ quiet: true }), tasks);
  for (const ref of refs) {
    const outcome = outcomes.get(ref.task);
    if (outcome?.is !== "done" || ["absent", "not-ready"].includes(outcome.result.verdict.is)) continue;
    const url = ref.read(outcome.result.actual);
    const here = target.whereOpen ? (await target.whereOpen([url]))[url] : url;
    if (here === undefined) continue;
    const opened = new URL(path, here);
    if (opened.protocol !== "https:" || !target.authorityOf) return { url: opened };
    return { url: opened, authority: await target.authorityOf(new URL(url).hostname) };
  }
  return undefined;
}
