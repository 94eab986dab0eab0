import { createHash } from "node:crypto";
import type { Aws } from "../../aws/clients.ts";
import type { Change } from "../../engine/event.ts";
import type { Kind, Note } from "../../engine/task.ts";
import { agentOnline } from "../agent.ts";
import { failureOf, followRun, isUnderWay, lastLines, lastRun, pendingOf, type Run, startRun } from "../run.ts";
import { sendPart } from "../run-command.ts";
import { APP_RECEIPTS } from "./compose.ts";
import { CORRECT_SOURCE, remedyFor } from "./failures.ts";
import { type AppSource, checkedPack, envNotice } from "./source-check.ts";
import { checkoutScript, receiveScript, unpackScript } from "./source-scripts.ts";
import { split } from "./split.ts";

/** Where the app is on a machine. */
export interface AppPlace {
  readonly instanceId: string;
  /** Its folder there, a direct child of the user's home. */
  readonly folder: string;
  /** Who owns it. */
  readonly user: string;
}

/** The app's source on a machine. */
export interface AppSourceDesired extends AppPlace {
  readonly source: AppSource;
}

/** The last transfer of the app's source to a machine. */
export interface AppSourceThere extends Run {
  /** The version that should be there, in one word. */
  readonly wanted: string;
}

const NAME = APP_RECEIPTS.source;
/** Seconds that unpacking or cloning may take. */
const TIMEOUT = 600;

/**
 * The app's source on a machine. A folder travels without a bucket, in pieces through Run Command, and replaces what is
 * there as a whole; a git repository is fetched by the machine itself. What a person changed on the machine is kept.
 */
export const appSource: Kind<AppSourceDesired, AppSourceThere, Aws> = {
  type: "remote.app-source",
  async find(aws, desired) {
    // First, so that a source which is of no use is found out while there is no machine yet.
    const wanted = await versionOf(desired.source);
    const run = await lastRun(aws, desired.instanceId, NAME);
    return run && { ...run, wanted };
  },
  diff(_, actual): Change[] {
    if (isUnderWay(actual) || actual.what === actual.wanted) return [];
    return [{ field: "app source", from: short(actual.what), to: short(actual.wanted) }];
  },
  create: send,
  update: (aws, desired, _, __, note) => send(aws, desired, note),
  pending: pendingOf,
  broken: failureOf,
  remedy: ({ output }) => remedyFor(output, CORRECT_SOURCE),
  redo: true,
  follow: followRun,
  describe: ({ what, output }) => [short(what), ...keptLines(output)].join(", "),
  limits: { usually: 5, ready: 900, poll: [0.1, 3] },
};

/** A version in one word, for a receipt: a folder's hash, or repository and ref. */
async function versionOf(source: AppSource): Promise<string> {
  if ("folder" in source) return (await checkedPack(source.folder)).hash.slice(0, 16);
  const word = `${source.git}@${source.ref ?? "HEAD"}`;
  // A tag's value holds 256 characters, of which the rest of the receipt takes 51 (EC2 User Guide, "Tag restrictions").
  return word.length <= 150 ? word : createHash("sha256").update(word).digest("hex").slice(0, 16);
}

/** A version as a person reads it. */
export function short(version: string): string {
  return /^[0-9a-f]{16}$/.test(version) ? version.slice(0, 7) : version;
}

function keptLines(output: string): string[] {
  return lastLines(output, 20)
    .split("\n")
    .filter((line) => line.startsWith("kept"));
}

async function send(
  aws: Aws,
  { source, instanceId, folder, user }: AppSourceDesired,
  note: Note,
): Promise<AppSourceThere> {
  const start = async (script: string, wanted: string) => {
    const run = await startRun(aws, { instanceId, name: NAME, script, timeout: TIMEOUT }, wanted);
    return { ...run, wanted };
  };
  if ("git" in source) {
    note(`${source.git} at ${source.ref ?? "its default branch"}`);
    return start(checkoutScript({ ...source, folder, user }), await versionOf(source));
  }
  const packed = await checkedPack(source.folder);
  const notice = await envNotice(packed);
  if (notice !== undefined) note(notice);
  const { parts, bytes, hash } = split(packed);
  // Parts of an attempt before this one, which may still be under way, must not be taken for ours.
  const attempt = `${packed.hash.slice(0, 16)}-${Date.now().toString(36)}`;
  note(
    `${packed.files.length} files, ${Math.ceil(bytes / 1024)} KB packed, in ${parts.length === 1 ? "1 command" : `${parts.length} commands`}`,
  );
  await agentOnline(aws, instanceId);
  for (const [index, part] of parts.slice(0, -1).entries()) {
    await sendPart(aws.ssm, { instanceId, name: NAME, script: receiveScript(attempt, index + 1, part) });
    note(`part ${index + 1} of ${parts.length} sent`);
  }
  const last = receiveScript(attempt, parts.length, parts.at(-1) ?? "");
  const script = `${last}${unpackScript({ attempt, parts: parts.length, hash, folder, user })}`;
  const there = await start(script, packed.hash.slice(0, 16));
  note(`part ${parts.length} of ${parts.length} sent`);
  return there;
}
