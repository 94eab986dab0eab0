import { SendCommandCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { awsError } from "../aws/errors.ts";
import { invocationOf, logFile } from "./run-command.ts";

/** Looks at a script that are let pass before its output is asked for: most are over by then. */
const LOOKS_BEFORE = 3;
/**
 * After so many looks, which take a minute of a long script, the output is asked for at every sixth, so every half minute: each
 * time is an entry in Run Command's history.
 */
const CLOSELY = 10;
const SELDOM = 6;

interface Place {
  /** How often the script was looked at. */
  readonly looks: number;
  /** Lines of the log that were shown. */
  readonly lines: number;
  /** The command that fetches the next lines, under way. */
  readonly fetching?: string | undefined;
}

/**
 * Shows the new lines of a running script's log. Run Command itself shows nothing before the end, so a second, small
 * command reads the log; its answer is picked up at the next look. Answers the place to go on from. What is only shown ends
 * nothing: where AWS refuses it, it is asked for again at a later look.
 */
export async function followOutput(
  ssm: SSMClient,
  { name, instanceId }: { readonly name: string; readonly instanceId: string },
  note: (line: string) => void,
  from: unknown,
): Promise<Place> {
  const place = (from as Place | undefined) ?? { looks: 0, lines: 0 };
  const looks = place.looks + 1;
  if (looks <= LOOKS_BEFORE) return { ...place, looks };
  if (place.fetching === undefined) {
    if (looks > CLOSELY && looks % SELDOM !== 0) return { ...place, looks };
    const fetching = await unlessRefused(fetchLines(ssm, instanceId, name, place.lines));
    return { looks, lines: place.lines, fetching };
  }
  const fetched = await unlessRefused(invocationOf(ssm, place.fetching, instanceId));
  if (fetched?.status === "Pending" || fetched?.status === "InProgress") return { ...place, looks };
  // What the script prints is in the log that is read; an error of reading is that there is no log yet.
  const lines = (fetched?.stdout ?? "").split("\n").filter((line) => line.trim() !== "");
  for (const line of lines) note(line);
  return { looks, lines: place.lines + lines.length };
}

async function fetchLines(ssm: SSMClient, instanceId: string, name: string, after: number): Promise<string> {
  // Blank lines are left out on the machine too, so that the count of lines stays the same on both sides.
  const commands = [`grep -v '^[[:space:]]*$' ${logFile(name)} | tail -n +${after + 1} | head -n 100`];
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: "AWS-RunShellScript",
      InstanceIds: [instanceId],
      Comment: `bia-infra output of ${name}`,
      Parameters: { commands, executionTimeout: ["30"] },
    }),
  );
  return Command?.CommandId ?? "";
}

async function unlessRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (awsError(error)) return undefined;
    throw error;
  }
}
