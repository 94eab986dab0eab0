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

const KNOWN_TO_DOCKER = new Set([...Object.keys(HONOURED), "ONBUILD"]);
/** Instructions that may have here-documents. */
const WITH_HEREDOCS = new Set(["RUN", "COPY", "ADD"]);

/** @throws ImageError that names what is wrong or not emulated, and its line */
export function parseDockerfile(source: string, name: string): Instruction[] {
  const dockerfile = DockerfileParser.parse(source);
  const instructions = dockerfile.getInstructions().map((parsed) => read(parsed));
  if (instructions.length === 0) throw new ImageError(`the Dockerfile (${name}) cannot be empty`);
  return instructions;
}

function read(parsed: Parsed): Instruction {
  const keyword = parsed.getKeyword();
  const line = parsed.getRange().start.line + 1;
  const content = (parsed.getArgumentsContent() ?? "").trim();
  if (!KNOWN_TO_DOCKER.has(keyword)) {
    throw new ImageError(`dockerfile parse error on line ${line}: unknown instruction: ${parsed.getInstruction()}`, {
      line,
    });
  }
  const honoured = HONOURED[keyword];
  if (!honoured) {
    throw new ImageError(`dockerfile line ${line}: ${keyword} is not emulated by the sandbox`, { line });
  }
  const flags = flagsOf(parsed);
  for (const flag of Object.keys(flags)) {
    if (honoured.includes(flag)) continue;
    throw new ImageError(`dockerfile line ${line}: ${keyword} --${flag} is not emulated by the sandbox`, { line });
  }
  if (content === "")
    throw new ImageError(`dockerfile parse error on line ${line}: ${keyword} requires an argument`, { line });
  const json = jsonStrings(content);
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
    properties: propertiesOf(parsed),
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

/** The check that a HEALTHCHECK instruction describes. @throws ImageError */
export function readHealthcheck({ content, flags, line }: Instruction, shell: readonly string[]): Healthcheck {
  if (/^NONE$/i.test(content)) return { Test: ["NONE"] };
  const command = /^CMD\s+(.*)$/is.exec(content)?.[1]?.trim();
  if (command === undefined) {
    throw new ImageError(
      `dockerfile parse error on line ${line}: Unknown type ${JSON.stringify(content.split(/\s/, 1)[0])} in HEALTHCHECK (try CMD)`,
      { line },
    );
  }
  const json = jsonStrings(command);
  const isDefaultShell = shell.join(" ") === "/bin/sh -c";
  const test = json ? ["CMD", ...json] : isDefaultShell ? ["CMD-SHELL", command] : ["CMD", ...shell, command];
  const time = (flag: string) => (flags[flag] === undefined ? 0 : duration(flags[flag], line));
  const retries = flags.retries === undefined ? 0 : Number(flags.retries);
  if (!Number.isInteger(retries) || retries < 0)
    throw new ImageError(`dockerfile line ${line}: --retries must be at least 0`, { line });
  return {
    Test: test,
    Interval: time("interval"),
    Timeout: time("timeout"),
    StartPeriod: time("start-period"),
    StartInterval: time("start-interval"),
    Retries: retries,
  };
}

const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Nanoseconds of Go's `1m30s`. */
function duration(text: string, line: number): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (text === "0") return 0;
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    throw new ImageError(`dockerfile line ${line}: time: invalid duration ${JSON.stringify(text)}`, { line });
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (NANOSECONDS[unit ?? ""] ?? 0), 0);
}
