import { createHash } from "node:crypto";

/** What the app's compose file finds in the `.env` beside it. */
export interface AppEnvironment {
  /** By name; no secrets: Run Command keeps what it was sent. */
  readonly values: Readonly<Record<string, string>>;
  /** The SecureString parameter that holds the secrets, as lines of a `.env`. */
  readonly parameter: string;
  /** Which secrets those are: differs whenever one was set. */
  readonly version: string;
}

/** The first and the last of our lines in a `.env`: those around them are the person's. */
const BEGIN = "# from bia-infra: app.env and dev env set";
const END = "# end of what is from bia-infra";

/** Differs for another environment, in one word. */
export function wordOfEnvironment({ values, parameter, version }: AppEnvironment): string {
  const text = JSON.stringify([Object.entries(values).sort(), parameter, version]);
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/**
 * A line of a `.env` that gives a variable this value for docker compose (compose-go, `dotenv/parser.go`). Between single quotes
 * everything means itself; what cannot stand there stands between double ones. A backslash is written by its number, because
 * releases of compose differ in what one before the last quote means.
 */
export function envLine(name: string, value: string): string {
  if (!/['\r\n]|\\$/.test(value)) return `${name}='${value}'`;
  const written: Readonly<Record<string, string>> = { "\\": "\\0134", '"': '\\"', "\n": "\\n", "\r": "\\r", $: "$$" };
  return `${name}="${value.replace(/[\\"\n\r$]/g, (character) => written[character] ?? character)}"`;
}

/** The lines of a `.env` by name. */
export function parseLines(text: string): Map<string, string> {
  const lines = text.split("\n").flatMap((line) => {
    const [, name] = /^(\w+)=(['"]).*\2$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, line] as const];
  });
  return new Map(lines);
}

/** Bash that takes our lines out of the `.env` beside the compose file, and the file away if there were no others. */
export function forgetEnvironment(folder: string): string {
  return `if grep -q '^${BEGIN}$' ${folder}/.env 2> /dev/null; then
  sed -i '/^${BEGIN}$/,/^${END}$/d' ${folder}/.env
  if [ ! -s ${folder}/.env ]; then rm ${folder}/.env; fi
fi
`;
}

/**
 * Bash that writes the environment into the `.env` beside the compose file, which only its owner can read, and keeps the
 * person's own lines there. The machine reads the secrets itself: they are in no command and no output. An image that is
 * built there would take them along, so `.dockerignore` has to keep the file out.
 */
export function writeEnvironment(
  { values, parameter }: AppEnvironment,
  { folder, user, region }: { readonly folder: string; readonly user: string; readonly region: string },
): string {
  const lines = Object.entries(values).map(([name, value]) => envLine(name, value));
  return `if [ -e ${folder}/Dockerfile ] && ! grep -Eq '^(\\*\\*/|/)?(\\.env|\\.env\\*|\\*\\.env|\\.\\*)[[:space:]]*$' ${folder}/.dockerignore 2> /dev/null; then
  echo "The app's .dockerignore does not name .env, so its images would hold the app's secrets."
  exit 1
fi
umask 077
{
  if [ -e ${folder}/.env ]; then sed '/^${BEGIN}$/,/^${END}$/d' ${folder}/.env; fi
  cat <<'END-OF-VALUES'
${[BEGIN, ...lines].join("\n")}
END-OF-VALUES
  aws ssm get-parameter --region ${region} --name ${parameter} --with-decryption --query Parameter.Value --output text
  echo '${END}'
} > ${folder}/.env.new
chown ${user}:${user} ${folder}/.env.new
chmod 600 ${folder}/.env.new
mv ${folder}/.env.new ${folder}/.env
umask 022
`;
}
