/** What a URL may carry that lets somebody in: a user with a password, and values of a query that are called after secrets. */
const IN_URLS: readonly (readonly [RegExp, string])[] = [
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'`]*(:[^\s@"'`]*)?@/gi, "$1***@"],
  [/([?&][\w-]*(?:token|secret|password|passwd|pwd|key|auth)[\w-]*=)[^\s&"'`]+/gi, "$1***"],
];
/** What tokens of git's hosts and keys of AWS begin with. */
const TOKENS = /\b(gh[pousr]_|github_pat_|glpat-|ATBB|AKIA|ASIA)[\w-]{8,}/g;

/** A text with `***` for what looks like a secret in it: messages end up in logs and in questions to other people. */
export function masked(text: string): string {
  return IN_URLS.reduce((line, [shape, instead]) => line.replace(shape, instead), text).replace(TOKENS, "***");
}

/** How variables of an environment are called whose value lets somebody in. */
const SECRET_NAMES = /pass(?:word|wd|phrase)|pwd|secret|token|credential|(?:^|_)(?:pass|key|auth|dsn)(?:_|$)/i;

/** The value of a variable of an environment, `masked`; one that is called after a secret is `***`. */
export function maskedVariable(name: string, value: string): string {
  return SECRET_NAMES.test(name) ? "***" : masked(value);
}
