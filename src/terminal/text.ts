import { stripVTControlCharacters } from "node:util";
import measure from "fast-string-truncated-width";

/** How many terminal columns `text` takes: wide characters take two, colours none. */
export function widthOf(text: string): number {
  return measure(text).width;
}

/** `text` cut to at most `width` columns, with `ellipsis` where something is missing. Colours are closed. */
export function cut(text: string, width: number, ellipsis: string): string {
  const { index, truncated, ellipsed } = measure(text, { limit: width, ellipsis, ellipsisWidth: ellipsis.length });
  if (!truncated) return text;
  const reset = text.includes("\x1b[") ? "\x1b[0m" : "";
  return `${text.slice(0, index)}${ellipsed ? ellipsis : ""}${reset}`;
}

/** `text` in exactly `width` columns: cut, or filled with spaces. */
export function pad(text: string, width: number, ellipsis: string): string {
  const fitted = cut(text, width, ellipsis);
  return fitted + " ".repeat(Math.max(0, width - widthOf(fitted)));
}

/**
 * Text from elsewhere (AWS, a machine's output) as one harmless line: no escape sequences that would move the cursor, and
 * of a progress bar that redraws itself only the last state.
 */
export function oneLine(text: string): string {
  const lastState = stripVTControlCharacters(text).trimEnd().split("\r").at(-1) ?? "";
  return harmless(lastState.replace(/\s+/g, " ")).trim();
}

/** Text from elsewhere as harmless lines. */
export function lines(text: string): string[] {
  return stripVTControlCharacters(text).trimEnd().split(/\r?\n/).map(harmless);
}

function harmless(text: string): string {
  return text.replace(/\t/g, "  ").replace(/\p{Cc}/gu, "");
}
