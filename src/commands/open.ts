import { EXIT } from "../engine/outcome.ts";
import type { Target } from "../target.ts";
import { tell } from "./in-session.ts";
import { type Outputs, withOutputs } from "./outputs.ts";
import { isUrl } from "./outputs-here.ts";
import type { Surroundings } from "./run-on-stack.ts";
import type { StackOptions } from "./session.ts";

/** What is opened where nobody says what: the first of these that is up. */
const FIRST = ["site", "load balancer", "shop", "app"];

/**
 * `bia-infra open [name]`: opens one of the stack's urls in the browser, and prints it. Answers the exit code: 0, 1 if it is
 * not up, 2 for a name that no url has.
 *
 * @param name of an output, e.g. `site` or `app`; undefined: the one that people see
 */
export function openCommand(
  name: string | undefined,
  options: StackOptions,
  surroundings: Surroundings,
): Promise<number> {
  return withOutputs("open", options, surroundings, async (outputs, { target }) => {
    const urls = Object.fromEntries(Object.entries(outputs).filter(([, value]) => isUrl(value)));
    const url = urls[name ?? FIRST.find((one) => one in urls) ?? ""];
    if (url === undefined) return refuse(name, urls, outputs, options);
    await warn(url, target, options);
    process.stdout.write(`${url}\n`);
    await launch(url, options);
    return EXIT.done;
  });
}

/** Before the browser does: a certificate of an authority that this computer does not trust looks like an attack. */
async function warn(url: string, { authorityOf }: Target, options: StackOptions): Promise<void> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== "https:" || !authorityOf) return;
  const { isTrusted } = await import("./trusted.ts");
  if (await isTrusted(await authorityOf(hostname))) return;
  tell(UNTRUSTED, options);
}

const UNTRUSTED =
  "The browser will warn of the certificate: it is signed by the sandbox's own authority, which this computer does not " +
  "trust yet. `bia-infra sandbox ca --help` says how to.";

function refuse(name: string | undefined, urls: Outputs, outputs: Outputs, options: StackOptions): number {
  const names = Object.keys(urls).map((one) => (one.includes(" ") ? JSON.stringify(one) : one));
  if (names.length > 0) tell(`There is no url ${JSON.stringify(name)}. There is: ${names.join(", ")}.`, options);
  else if (Object.keys(outputs).length > 0)
    tell("Nothing that could be opened is up. `bia-infra status` says what there is.", options);
  return names.length > 0 ? EXIT.usage : EXIT.failed;
}

/** Opens a url in the browser. A computer without one, or without a screen, is no failure: the url is printed anyway. */
export async function launch(url: string, options: StackOptions): Promise<void> {
  const { default: open } = await import("open");
  try {
    await open(url);
  } catch {
    tell("No browser could be started here; open the address above in one.", options);
  }
}
