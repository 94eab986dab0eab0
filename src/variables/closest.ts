import { distance } from "fastest-levenshtein";

/** The candidate that `written` is most likely a misspelling of; undefined when none is near. Letter case is free. */
export function closest(written: string, candidates: readonly string[]): string | undefined {
  const wanted = written.toLowerCase();
  let best: { candidate: string; edits: number } | undefined;
  for (const candidate of candidates) {
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits <= Math.max(2, candidate.length / 3) && edits < (best?.edits ?? Number.POSITIVE_INFINITY)) {
      best = { candidate, edits };
    }
  }
  return best?.candidate;
}
