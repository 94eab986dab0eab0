import type { Clock } from "../engine/clock.ts";
import { type Answer, ask } from "./probe/ask.ts";

/** What a version has to show from outside. */
export interface Claim {
  /** Where it tells its version, as it opens on this computer. */
  readonly url: URL;
  readonly version: string;
  /** The version that served before: its last answers may come late. */
  readonly before: string | undefined;
  /** Whether the app tells its version there. Of one that need not, an answer that names none will do. */
  readonly tells: boolean;
  /** How many targets there are: each shall have answered. */
  readonly targets: number;
  /** Asked while it still answers: whether nothing of the version before is left that could. */
  isBeforeGone(): Promise<boolean>;
}

/** What came of asking. */
export type Proof =
  | { readonly is: "proven"; readonly requests: number }
  /** It answers, and tells no version. */
  | { readonly is: "untold"; readonly requests: number }
  /** It answers, and something else. */
  | { readonly is: "refuted"; readonly why: string }
  /** Nobody here reaches it, which says nothing about it. */
  | { readonly is: "unreached"; readonly why: string };

/** A load balancer gives each target its turn: so many answers in a row for each target have passed all of them, on all of its nodes. */
const IN_A_ROW = 5;
const LEAST_IN_A_ROW = 10;
/** Milliseconds until no balancer sends anybody to a target that is leaving. */
const PROPAGATION = 60_000;
/** Milliseconds between two requests. */
const PAUSE = 50;
/** So many late answers apart it is asked whether more may come. */
const LATE = 20;
/** So many attempts without a connection are enough. */
const UNREACHED = 3;

/** Asks through the load balancer until nothing but the version answers, a new connection each time; or something else does for good. */
export async function prove(
  { url, version, before, tells, targets, isBeforeGone }: Claim,
  clock: Clock,
  signal: AbortSignal,
): Promise<Proof> {
  const enough = Math.max(LEAST_IN_A_ROW, IN_A_ROW * targets);
  const until = clock.now() + PROPAGATION;
  const row = { right: 0, wrong: 0, unreached: 0 };
  let late = 0;
  let isOver = false;
  for (let requests = 1; ; requests++) {
    const answer = await ask(url);
    const is = judged(answer, { version, before, tells, isOver });
    if (is === "late" && ++late % LATE === 0) isOver = await isBeforeGone();
    row.right = is === "right" || is === "untold" ? row.right + 1 : 0;
    row.wrong = is === "wrong" ? row.wrong + 1 : 0;
    row.unreached = is === "unreached" ? row.unreached + 1 : 0;
    if (row.right >= enough) return { is: is === "untold" ? "untold" : "proven", requests };
    if (row.unreached >= UNREACHED) return { is: "unreached", why: inWords(answer) };
    if (row.wrong >= enough || clock.now() > until)
      return { is: "refuted", why: `${url.href} answers ${inWords(answer)}, and not ${version}` };
    await clock.sleep(PAUSE, signal);
  }
}

type Judged = "right" | "untold" | "wrong" | "late" | "unreached";

/** `late`: it may still become right, as what the version before says does until it is over. */
function judged(
  answer: Answer,
  { version, before, tells, isOver }: Pick<Claim, "version" | "before" | "tells"> & { readonly isOver: boolean },
): Judged {
  if (answer.is === "none") return answer.isReached ? "late" : "unreached";
  if (answer.status >= 500) return "late";
  if (names(answer.body, version)) return "right";
  if (before !== undefined && names(answer.body, before)) return isOver ? "wrong" : "late";
  return tells || answer.status >= 300 ? "wrong" : "untold";
}

/** Whether a text has the version as one of its words, e.g. `Bia v2`. */
export function names(text: string, version: string): boolean {
  return text.split(/[^\w.-]+/).includes(version);
}

function inWords(answer: Answer): string {
  if (answer.is === "none") return answer.why;
  return answer.status === 200 ? JSON.stringify(answer.body) : `HTTP ${answer.status}`;
}
