/** One directive of a configuration of nginx, e.g. `listen 80;` or `server { ... }`. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** What stands between its braces. */
  readonly block?: readonly Directive[];
  readonly file: string;
  readonly line: number;
}

/** A mistake in the configuration, in nginx's words. */
export class ConfigError extends Error {
  constructor(why: string, { file, line }: Pick<Directive, "file" | "line">) {
    super(`${why} in ${file}:${line}`);
    this.name = "ConfigError";
  }
}

interface Token {
  readonly text: string;
  /** It stood in quotes, so that it is a word whatever it says. */
  readonly isQuoted: boolean;
  readonly line: number;
}

/**
 * Reads a configuration (https://nginx.org/en/docs/beginners_guide.html#conf_structure).
 *
 * @param include what `include PATTERN` stands for
 * @throws ConfigError
 */
export function parseConfig(text: string, file: string, include: (pattern: string) => Directive[]): Directive[] {
  const tokens = tokensOf(text, file);
  const end = text.split("\n").length;
  let at = 0;
  const readBlock = (isInside: boolean): Directive[] => {
    const found: Directive[] = [];
    for (;;) {
      const first = tokens[at];
      if (first === undefined) {
        if (isInside) throw new ConfigError('unexpected end of file, expecting "}"', { file, line: end });
        return found;
      }
      if (isSign(first, "}")) {
        if (!isInside) throw new ConfigError('unexpected "}"', { file, line: first.line });
        at++;
        return found;
      }
      found.push(...readDirective(first));
    }
  };
  const readDirective = (first: Token): Directive[] => {
    const words: string[] = [];
    for (; ; at++) {
      const token = tokens[at];
      if (token === undefined || isSign(token, "}")) {
        const seen = token === undefined ? "unexpected end of file" : 'unexpected "}"';
        const line = token?.line ?? end;
        throw new ConfigError(token === undefined ? `${seen}, expecting ";" or "}"` : seen, { file, line });
      }
      if (!isSign(token, ";") && !isSign(token, "{")) {
        words.push(token.text);
        continue;
      }
      const [name = "", ...args] = words;
      const place = { file, line: first.line };
      if (words.length === 0) throw new ConfigError(`unexpected "${token.text}"`, { file, line: token.line });
      at++;
      if (token.text === "{") return [{ name, args, block: readBlock(true), ...place }];
      return name === "include" ? include(args[0] ?? "") : [{ name, args, ...place }];
    }
  };
  return readBlock(false);
}

function isSign({ text, isQuoted }: Token, sign: string): boolean {
  return !isQuoted && text === sign;
}

function tokensOf(text: string, file: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /#[^\n]*|\s+|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|[;{}]|(?:\$\{\w+\}|\\.|[^\s;{}\\])+|(.)/gs;
  let line = 1;
  for (const match of text.matchAll(pattern)) {
    const [whole, double, single, odd] = match;
    if (odd !== undefined) throw new ConfigError(`unexpected "${odd}"`, { file, line });
    const quoted = double ?? single;
    if (quoted !== undefined) tokens.push({ text: quoted.replace(/\\(["'\\])/g, "$1"), isQuoted: true, line });
    else if (!/^[\s#]/.test(whole)) tokens.push({ text: whole, isQuoted: false, line });
    line += whole.split("\n").length - 1;
  }
  return tokens;
}
