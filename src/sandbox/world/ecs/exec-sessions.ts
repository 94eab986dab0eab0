import { randomBytes } from "node:crypto";

/** A command that ExecuteCommand was asked for, until its client comes for it. */
export interface ExecSession {
  readonly region: string;
  readonly taskArn: string;
  /** Its name in the task. */
  readonly container: string;
  readonly command: string;
}

/** How a client comes to a session (ECS, Session). */
export interface ExecTicket {
  readonly sessionId: string;
  readonly streamUrl: string;
  readonly tokenValue: string;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

/** A token is good for so long (ECS does not say; "only long enough to ensure the connection", SSM, StartSession). */
const MINUTES = 3;

/** Sessions whose clients have not come yet. They are no records: none outlives the process that serves it. */
export class ExecSessions {
  readonly #waiting = new Map<string, { token: string; session: ExecSession; until: number }>();
  /** Where data channels are opened, e.g. `ws://127.0.0.1:4566`. */
  place = "";

  open(session: ExecSession): ExecTicket {
    const now = Date.now();
    for (const [id, { until }] of this.#waiting) if (until < now) this.#waiting.delete(id);
    const sessionId = `ecs-execute-command-${[...randomBytes(26)].map((byte) => LETTERS[byte % 32]).join("")}`;
    const tokenValue = randomBytes(60).toString("base64");
    this.#waiting.set(sessionId, { token: tokenValue, session, until: now + MINUTES * 60_000 });
    const streamUrl = `${this.place}/v1/data-channel/${sessionId}?role=publish_subscribe`;
    return { sessionId, streamUrl, tokenValue };
  }

  /** The session that a client comes for, once. Undefined: it has not the right token, or comes too late. */
  take(sessionId: string, knows: (token: string) => boolean): ExecSession | undefined {
    const found = this.#waiting.get(sessionId);
    if (!found || found.until < Date.now() || !knows(found.token)) return undefined;
    this.#waiting.delete(sessionId);
    return found.session;
  }
}
