import { fail, type Process } from "../../program.ts";
import { Refusal } from "../client.ts";
import type { ProjectNetwork, ProjectVolume } from "./project.ts";

/** What a secret or a config is of; neither: it was to be made outside of compose. */
export interface FileSource {
  /** Path of the machine. */
  readonly file?: string;
  readonly content?: string;
  /** Name of a variable. */
  readonly environment?: string;
}

/** Where a service stands, and what it may refer to. */
export interface Place {
  readonly project: string;
  readonly folder: string;
  readonly file: string;
  readonly volumes: readonly ProjectVolume[];
  readonly networks: readonly ProjectNetwork[];
  /** Secrets and configs by their keys. */
  readonly files: Readonly<Record<"secrets" | "configs", ReadonlyMap<string, FileSource>>>;
  /** Variables of the environment and of `.env`. */
  readonly values: Readonly<Record<string, string | undefined>>;
  readonly process: Process;
}

/** Whether there is a value. */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** `KEY: value` or `- KEY=value`; without a value it is that of a variable, or nothing. */
export function pairs(value: unknown, variables: Place["values"]): Record<string, string> {
  const entries = Array.isArray(value)
    ? value.map((line): [string, unknown] => splitOnce(String(line)))
    : Object.entries((value ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.flatMap(([name, given]): [string, string][] => {
      const value = isSet(given) ? String(given) : variables[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function splitOnce(line: string): [string, string | undefined] {
  const at = line.indexOf("=");
  return at < 0 ? [line, undefined] : [line.slice(0, at), line.slice(at + 1)];
}

/** What compose says of a file that is not as its schema wants. */
export function invalid(file: string, why: string): Refusal {
  return new Refusal(fail(`validating ${file}: ${why}\n`, 15));
}
