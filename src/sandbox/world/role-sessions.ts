import { randomBytes } from "node:crypto";
import { newUniqueId } from "./ids.ts";
import { principalContext } from "./policies/principal.ts";
import type { Deed } from "./policies/statements.ts";
import type { Role } from "./records.ts";
import { whyDenied } from "./role-permissions.ts";

/** Hours that credentials of a task are good for. ("Task IAM role": they are renewed in time) */
const HOURS = 6;
/** Whoever asks gets other ones when theirs end so soon. */
const RENEWED_MS = 15 * 60_000;

/** Temporary credentials of somebody who acts with a role's rights. */
export interface RoleSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly token: string;
  readonly roleArn: string;
  /** In real time, which is what programs go by. */
  readonly expiration: Date;
  /** ARN of the session. */
  readonly arn: string;
  readonly userId: string;
  /**
   * Why something is refused, in AWS's words; undefined: the role's policies allow it now.
   *
   * @param deed with what is known of the request, whoever makes it
   * @throws NotLookedAt
   */
  denial(deed: Deed): string | undefined;
}

/** Whose session is wanted. */
interface Holder {
  /** E.g. a task's id. */
  readonly name: string;
  /** The public address that requests come from now; undefined: it is not known. */
  readonly sourceIp: () => string | undefined;
}

/** The sessions of roles. They are no records: whoever has one asks for another one of the next process. */
export class RoleSessions {
  readonly #account: string;
  readonly #roleNamed: (name: string) => Role | undefined;
  /** By access key. */
  readonly #sessions = new Map<string, RoleSession>();

  constructor(account: string, roleNamed: (name: string) => Role | undefined) {
    this.#account = account;
    this.#roleNamed = roleNamed;
  }

  /** A session of a role under a name: the one that there is, unless it is about to end. */
  of({ RoleName, RoleId, Arn }: Role, { name, sourceIp }: Holder): RoleSession {
    const arn = sessionArn(this.#account, RoleName, name);
    const now = Date.now();
    for (const [key, { expiration }] of this.#sessions) if (expiration.getTime() < now) this.#sessions.delete(key);
    const userId = `${RoleId}:${name}`;
    const present = [...this.#sessions.values()].find((one) => one.arn === arn && one.userId === userId);
    if (present && present.expiration.getTime() - now > RENEWED_MS) return present;
    const made: RoleSession = {
      accessKeyId: newUniqueId("ASI"),
      secretAccessKey: randomBytes(30).toString("base64"),
      token: randomBytes(300).toString("base64"),
      roleArn: Arn,
      expiration: new Date(now + HOURS * 3_600_000),
      arn,
      userId,
      denial: (deed) => {
        const role = this.#roleNamed(RoleName);
        if (role?.RoleId !== RoleId) return whyDenied(undefined, arn, deed);
        const principal = { role, userId, account: this.#account, sourceIp: sourceIp() };
        return whyDenied(role, arn, { ...deed, context: principalContext(principal, deed.context) });
      },
    };
    this.#sessions.set(made.accessKeyId, made);
    return made;
  }

  /** The session that an access key is of. */
  find(accessKeyId: string): RoleSession | undefined {
    const found = this.#sessions.get(accessKeyId);
    return found && found.expiration.getTime() > Date.now() ? found : undefined;
  }
}

/** As refusals name whoever acts with a role's rights. */
export function sessionArn(account: string, roleName: string, name: string): string {
  return `arn:aws:sts::${account}:assumed-role/${roleName}/${name}`;
}
