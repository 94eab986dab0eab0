import { bytes, whole } from "./command.ts";
import { Failure, OK, type Reply } from "./protocol.ts";
import { digest } from "./scripting/digest.ts";
import { type Perform, ScriptEngine } from "./scripting/run.ts";

/** Scripts in Lua that clients of a server share. (https://redis.io/docs/latest/commands/?group=scripting) */
export class Scripts {
  readonly #known = new Map<string, string>();
  /** Made when it is first wanted. */
  #engine: ScriptEngine | undefined;

  /** EVAL. @throws Failure */
  evaluate([script = "", ...rest]: readonly string[], perform: Perform): Reply {
    const given = givenOf(rest);
    this.#engine ??= new ScriptEngine();
    const reply = this.#engine.run(script, given, perform);
    this.#known.set(digest(script), script);
    return reply;
  }

  /** EVALSHA. @throws Failure */
  evaluateKnown([sha = "", ...rest]: readonly string[], perform: Perform): Reply {
    const script = this.#known.get(sha.toLowerCase());
    if (script === undefined) throw new Failure("NOSCRIPT No matching script. Please use EVAL.");
    return this.evaluate([script, ...rest], perform);
  }

  /** SCRIPT. @throws Failure */
  manage([what = "", ...rest]: readonly string[]): Reply {
    const word = what.toUpperCase();
    if (word === "EXISTS") return rest.map((sha) => (this.#known.has(sha.toLowerCase()) ? 1 : 0));
    if (word === "KILL") throw new Failure("NOTBUSY No scripts in execution right now.");
    if (word === "FLUSH") {
      this.#known.clear();
      return OK;
    }
    if (word !== "LOAD") throw new Failure(`ERR unknown subcommand '${what}'. Try SCRIPT HELP.`);
    const [script = ""] = rest;
    this.#engine ??= new ScriptEngine();
    this.#engine.compile(script);
    this.#known.set(digest(script), script);
    return bytes(digest(script));
  }
}

/** `numkeys key ... arg ...` */
function givenOf([count, ...rest]: readonly string[]) {
  const number = whole(count);
  if (number < 0) throw new Failure("ERR Number of keys can't be negative");
  if (number > rest.length) throw new Failure("ERR Number of keys can't be greater than number of args");
  return { keys: rest.slice(0, number), args: rest.slice(number) };
}
