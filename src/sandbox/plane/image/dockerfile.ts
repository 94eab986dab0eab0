import { DockerfileParser, type Instruction as Parsed } from "dockerfile-ast";
import type { Healthcheck } from "../image.ts";
import { ImageError } from "./error.ts";

/** One instruction of a Dockerfile. */
export interface Instruction {
  /** In capitals. */
  readonly keyword: string;
  /** From 1. */
  readonly line: number;
  /** As it is shown: keyword and arguments on one line. */
  readonly text: string;
  /** What follows the keyword and the flags; lines joined, comments left out. */
  readonly content: string;
  readonly flags: Readonly<Record<string, string>>;
  /** Values of its --mount flags. */
  readonly mounts: readonly string[];
  readonly heredocs: readonly Heredoc[];
  /** Words of the content, here-documents left out; of JSON its strings. */
  readonly words: readonly string[];
  /** Whether the content is a JSON array of strings (exec form). */
  readonly isJson: boolean;
  /** Of ARG, ENV and LABEL: names and values with their quotes; undefined: no value. */
  readonly properties: readonly (readonly [name: string, value: string | undefined])[];
}

/** A here-document of RUN, COPY or ADD. */
export interface Heredoc {
  /** `EOF` of `<<EOF`. */
  readonly name: string;
  readonly content: string;
  /** Whether variables in it are replaced. */
  readonly expands: boolean;
}

/** What COPY and ADD are told that have no destination. */
export const NO_DESTINATION =
  "requires at least two arguments, but only one was provided. Destination could not be determined";

/** The flags that each instruction may have; an instruction that is not here is not emulated. */
const HONOURED: Readonly<Record<string, readonly string[]>> = {
  FROM: ["platform"],
  ARG: [],
  ENV: [],
  WORKDIR: [],
  ADD: ["chown", "chmod", "link"],
  COPY: ["chown", "chmod", "from", "link"],
  RUN: ["mount", "network"],
  EXPOSE: [],
  USER: [],
  HEALTHCHECK: ["interval", "timeout", "start-period", "start-interval", "retries"],
  CMD: [],
  ENTRYPOINT: [],
  LABEL: [],
  STOPSIGNAL: [],
  VOLUME: [],
  SHELL: [],
  MAINTAINER: [],
};

/** Flags that docker has and the sandbox has not. */
const KNOWN_FLAGS: Readonly<Record<string, readonly string[]>> = {
  ADD: ["keep-git-dir", "checksum", "exclude", "unpack"],
  COPY: ["parents", "exclude"],
  RUN: ["security"],
};

/** What an instruction without arguments is told, in the words of BuildKit's parser; the others want one at least. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  FROM: "requires either one or three arguments",
  COPY: NO_DESTINATION,
  ADD: NO_DESTINATION,
  ...Object.fromEntries(
    ["WORKDIR", "USER", "STOPSIGNAL", "MAINTAINER"].map((name) => [name, "requires exactly one argument"]),
  ),
};

const KNOWN_TO_DOCKER = new Set([...Object.keys(HONOURED), "ONBUILD"]);
/** Instructions that may have here-documents. */
const WITH_HEREDOCS = new Set(["RUN", "COPY", "ADD"]);

/** @throws ImageError that names what is wrong or not emulated, and its line */
export function parseDockerfile(source: string, name: string): Instruction[] {
  const dockerfile = DockerfileParser.parse(source);
  const instructions = dockerfile.getInstructions().map((parsed) => read(parsed));
  if (instructions.length === 0) throw new ImageError(`${name}: file with no instructions`);
  return instructions;
}

function read(parsed: Parsed): Instruction {
  const keyword = parsed.getKeyword();
  const line = parsed.getRange().start.line + 1;
  const content = (parsed.getArgumentsContent() ?? "").trim();
  const mistake = (words: string) => new ImageError(`dockerfile parse error on line ${line}: ${words}`, { line });
  if (!KNOWN_TO_DOCKER.has(keyword)) {
    throw mistake(`unknown instruction: ${parsed.getInstruction()}`);
  }
  const honoured = HONOURED[keyword];
  if (!honoured) {
    throw new ImageError(`dockerfile line ${line}: ${keyword} is not emulated by the sandbox`, { line });
  }
  const flags = flagsOf(parsed);
  for (const flag of Object.keys(flags)) {
    if (honoured.includes(flag)) continue;
    if (!KNOWN_FLAGS[keyword]?.includes(flag)) throw mistake(`unknown flag: --${flag}`);
    throw new ImageError(`dockerfile line ${line}: ${keyword} --${flag} is not emulated by the sandbox`, { line });
  }
  if (content === "") throw mistake(`${keyword} ${ARGUMENTS[keyword] ?? "requires at least one argument"}`);
  const json = jsonStrings(content);
  const properties = propertiesOf(parsed);
  if (keyword === "ENV" || keyword === "LABEL") {
    const odd = properties.find(([, value]) => value === undefined);
    if (odd && properties.length === 1) throw mistake(`${keyword} must have two arguments`);
    if (odd) throw mistake(`Syntax error - can't find = in ${JSON.stringify(odd[0])}. Must be of the form: name=value`);
  }
  const heredocs = WITH_HEREDOCS.has(keyword) ? heredocsOf(content, line) : [];
  const words = json ?? parsed.getArguments().map((argument) => argument.getValue());
  return {
    keyword,
    line,
    text: `${keyword} ${content.replace(/\s*\n\s*/g, " ")}`,
    content,
    flags,
    mounts: mountsOf(parsed),
    heredocs,
    words: heredocs.length > 0 ? (content.split("\n", 1)[0] ?? "").trim().split(/\s+/) : words,
    isJson: json !== undefined,
    properties,
  };
}

/** The here-documents that the first line of an instruction names, in their order. @throws ImageError for one without an end */
function heredocsOf(content: string, line: number): Heredoc[] {
  const [first = "", ...rest] = content.split("\n");
  return [...first.matchAll(/(?:^|\s)\d*<<(-?)(["']?)([A-Za-z_]\w*)\2/g)].map(([, dash, quote, name = ""]) => {
    const strip = (text: string) => (dash ? text.replace(/^\t+/, "") : text);
    const end = rest.findIndex((text) => strip(text) === name);
    if (end < 0) throw new ImageError(`dockerfile parse error on line ${line}: unterminated heredoc`, { line });
    const lines = rest.splice(0, end + 1).slice(0, -1);
    return { name, content: lines.map((text) => `${strip(text)}\n`).join(""), expands: quote === "" };
  });
}

function mountsOf(parsed: Parsed): string[] {
  if (!("getFlags" in parsed)) return [];
  const flags = (parsed as Parsed & { getFlags(): { getName(): string; getValue(): string | null }[] }).getFlags();
  return flags.filter((flag) => flag.getName() === "mount").map((flag) => flag.getValue() ?? "");
}

function flagsOf(parsed: Parsed): Record<string, string> {
  if (!("getFlags" in parsed)) return {};
  const flags = (parsed as Parsed & { getFlags(): { getName(): string; getValue(): string | null }[] }).getFlags();
  return Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ""]));
}

interface Property {
  getName(): string;
  getUnescapedValue(): string | null;
}

function propertiesOf(parsed: Parsed): [string, string | undefined][] {
  if (!("getProperties" in parsed)) return [];
  const properties = (parsed as Parsed & { getProperties(): Property[] }).getProperties();
  return properties.map((one) => [one.getName(), one.getUnescapedValue() ?? undefined]);
}

/** What is no JSON array of strings is taken for a shell's command line, as docker does. */
export function jsonStrings(content: string): string[] | undefined {
  if (!content.startsWith("[")) return undefined;
  try {
    const value = JSON.parse(content) as unknown;
    return Array.isArray(value) && value.every((one) => typeof one === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The check that a HEALTHCHECK instruction describes. @throws ImageError in the words of BuildKit's parser */
export function readHealthcheck({ content, flags, line }: Instruction, shell: readonly string[]): Healthcheck {
  const mistake = (words: string) => new ImageError(`dockerfile parse error on line ${line}: ${words}`, { line });
  const [, type = "", command = ""] = /^(\S+)\s*(.*)$/s.exec(content) ?? [];
  if (/^NONE$/i.test(type)) {
    if (command !== "") throw mistake("HEALTHCHECK NONE takes no arguments");
    return { Test: ["NONE"] };
  }
  if (!/^CMD$/i.test(type)) {
    throw mistake(`Unknown type ${JSON.stringify(type.toUpperCase())} in HEALTHCHECK (try CMD)`);
  }
  if (command === "") throw mistake("Missing command after HEALTHCHECK CMD");
  const json = jsonStrings(command);
  const isDefaultShell = shell.join(" ") === "/bin/sh -c";
  const test = json ? ["CMD", ...json] : isDefaultShell ? ["CMD-SHELL", command] : ["CMD", ...shell, command];
  const time = (flag: string) => {
    const nanoseconds = flags[flag] === undefined ? 0 : duration(flags[flag]);
    if (typeof nanoseconds === "string") throw mistake(nanoseconds);
    return nanoseconds;
  };
  const { retries = "0" } = flags;
  if (!/^[-+]?\d+$/.test(retries))
    throw mistake(`strconv.ParseInt: parsing ${JSON.stringify(retries)}: invalid syntax`);
  if (Number(retries) < 0) throw mistake(`--retries cannot be negative (${Number(retries)})`);
  return {
    Test: test,
    Interval: time("interval"),
    Timeout: time("timeout"),
    StartPeriod: time("start-period"),
    StartInterval: time("start-interval"),
    Retries: Number(retries),
  };
}

const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Nanoseconds of Go's `1m30s`, or what Go says of a text that is none. */
function duration(text: string): number | string {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (text === "0") return 0;
  if (/^\d+(\.\d+)?$/.test(text)) return `time: missing unit in duration ${JSON.stringify(text)}`;
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    return `time: invalid duration ${JSON.stringify(text)}`;
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (NANOSECONDS[unit ?? ""] ?? 0), 0);
}
