import pc from "picocolors";

/** The environment variables that a view looks at; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How text may look on one stream. */
export interface Style {
  /** Colour functions; they leave text as it is where there is to be no colour. */
  readonly color: ReturnType<typeof pc.createColors>;
  readonly symbols: Symbols;
}

/** The signs in front of and between words. */
interface Symbols {
  readonly done: string;
  readonly failed: string;
  readonly skipped: string;
  readonly pending: string;
  readonly warning: string;
  readonly next: string;
  /** Between the parts of a line. */
  readonly dot: string;
  /** Where text was cut off. */
  readonly ellipsis: string;
  /** One turn of the sign that says that something is going on. */
  readonly spinner: readonly string[];
  /** Bars of a chart, from nothing to all. */
  readonly bars: readonly string[];
  /** A moment of a time line in which something was done, and one in which it was waited for. */
  readonly working: string;
  readonly waiting: string;
}

const UNICODE: Symbols = {
  done: "✔",
  failed: "✖",
  skipped: "○",
  pending: "·",
  warning: "!",
  next: "→",
  dot: "·",
  ellipsis: "…",
  spinner: [..."⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"],
  bars: [..."▁▂▃▄▅▆▇█"],
  working: "■",
  waiting: "─",
};

const ASCII: Symbols = {
  done: "*",
  failed: "x",
  skipped: "o",
  pending: ".",
  warning: "!",
  next: ">",
  dot: "-",
  ellipsis: "...",
  spinner: [..."|/-\\"],
  bars: [..."_.:-=+*#"],
  working: "#",
  waiting: "-",
};

/**
 * The style for a stream.
 *
 * @param isTerminal whether a person looks at the stream
 */
export function styleFor(isTerminal: boolean, env: Environment, platform: NodeJS.Platform = process.platform): Style {
  return {
    color: pc.createColors(hasColor(isTerminal, env)),
    symbols: hasUnicode(env, platform) ? UNICODE : ASCII,
  };
}

/** NO_COLOR (no-color.org) wins over FORCE_COLOR, which wins over what the terminal seems to be. */
function hasColor(isTerminal: boolean, env: Environment): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  return isTerminal && env.TERM !== "dumb";
}

/** The classic Windows console and the Linux kernel's console lack the signs; a locale that is not UTF-8 garbles them. */
function hasUnicode(env: Environment, platform: NodeJS.Platform): boolean {
  if (platform === "win32") {
    const modern = env.WT_SESSION ?? env.TERM_PROGRAM ?? env.ConEmuTask ?? env.TERMINAL_EMULATOR;
    return modern !== undefined || /^(xterm-256color|alacritty)$/.test(env.TERM ?? "");
  }
  if (env.TERM === "linux" || env.TERM === "dumb") return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return !locale || /utf-?8/i.test(locale);
}
