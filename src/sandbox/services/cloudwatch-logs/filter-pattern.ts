import { notEmulated } from "../../wire/service.ts";
import { invalid } from "./operation.ts";

/** One term of a pattern. */
interface Term {
  readonly mark: "" | "?" | "-";
  readonly text: string;
}

/**
 * Reads a filter pattern of terms: `ERROR`, `"two words"`, `-debug` (not this one), `?ERROR ?WARN` (any of these). All of
 * them tell upper from lower case. ("Filter pattern syntax", CloudWatch Logs User Guide)
 *
 * @returns whether a message matches
 * @throws AwsError if AWS would not take it, or the sandbox does not emulate it
 */
export function filterOf(pattern: string): (message: string) => boolean {
  const text = pattern.trim();
  if (/^[{[]/.test(text)) throw notEmulated("filter patterns for JSON and for fields");
  if (text.includes("%")) throw notEmulated("filter patterns with regular expressions");
  const terms = termsOf(text);
  const optional = terms.filter(({ mark }) => mark === "?");
  if (optional.length > 0 && optional.length < terms.length) {
    throw notEmulated("filter patterns that have ?terms beside others (AWS ignores the question marks)");
  }
  if (optional.length > 0) return (message) => optional.some((term) => message.includes(term.text));
  return (message) => terms.every((term) => message.includes(term.text) === (term.mark !== "-"));
}

function termsOf(pattern: string): Term[] {
  const terms: Term[] = [];
  let rest = pattern;
  while (rest !== "") {
    const [whole = "", mark = "", quoted, bare = ""] = /^([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))\s*/.exec(rest) ?? [];
    const text = quoted?.replace(/\\(.)/g, "$1") ?? bare;
    if (text === "" || (quoted === undefined && !/^\w+$/.test(bare))) {
      throw invalid(`Invalid filter pattern: Invalid character(s) in term '${text === "" ? rest : bare}'`);
    }
    terms.push({ mark: mark as Term["mark"], text });
    rest = rest.slice(whole.length);
  }
  return terms;
}
