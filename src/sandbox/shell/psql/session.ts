import { columnsOfRelation, footersOfRelation, identifier, listingOf, literal, relationsNamed } from "./catalogue.ts";
import { type Address, type Answer, Connection, type ServerError } from "./connection.ts";
import { type Part, ScriptReader } from "./script.ts";
import { type Format, printed, type Rows } from "./table.ts";

/** What psql needs of the computer that it runs on. */
export interface PsqlWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file that a path names. */
  read(path: string): Promise<Buffer>;
  input(): Promise<Buffer>;
  write(stream: "stdout" | "stderr", text: string): void;
  /** The server behind the socket of this computer; undefined: there is none. */
  readonly local?: { readonly port: number; readonly password: string | undefined };
}

/** Ends psql with this exit code. */
export class Quit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** Exit codes of https://www.postgresql.org/docs/16/app-psql.html#id-1.9.4.20.7 */
export const EXIT = { failed: 1, connection: 2, script: 3 } as const;

/** Where a script came from, for the errors in it. */
interface Source {
  /** `<stdin>` or a path; undefined: the command line. */
  readonly name: string | undefined;
}

/** A psql that is connected. */
export class Session {
  readonly variables = new Map<string, string>();
  readonly format: Format;
  quiet = false;
  #connection: Connection;
  readonly #world: PsqlWorld;
  #timing = false;

  constructor(connection: Connection, format: Format, world: PsqlWorld) {
    this.#connection = connection;
    this.format = format;
    this.#world = world;
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** All of `-c`: SQL goes to the server in one piece, a backslash command is one alone. @returns the exit code */
  async command(text: string): Promise<number> {
    if (text.trim().startsWith("\\")) return (await this.script(text, { name: undefined })) === 0 ? 0 : EXIT.failed;
    return (await this.#statement(text, { name: undefined }, 0, () => this.#world.input())) ? 0 : EXIT.failed;
  }

  /** A whole script; goes on after an error unless ON_ERROR_STOP is set. @returns the exit code */
  async script(text: string, source: Source): Promise<number> {
    const reader = new ScriptReader(text, (name, quote) => this.#value(name, quote));
    for (let part = reader.next(); part !== undefined; part = reader.next()) {
      const isGood = await this.#part(part, reader, source);
      const stops = /^(1|on|true)$/i.test(this.variables.get("ON_ERROR_STOP") ?? "");
      if (!isGood && stops) return EXIT.script;
    }
    return 0;
  }

  async #part(part: Part, reader: ScriptReader, source: Source): Promise<boolean> {
    if (part.kind === "command") return this.#backslash(part, source);
    if (part.end !== "command") return this.#statement(part.text, source, part.line, () => Buffer.from(reader.data()));
    const command = reader.next();
    const name = command?.kind === "command" ? command.name : "";
    if (name === "gexec") return this.#executeResult(part.text, source, part.line);
    const { expanded } = this.format;
    if (name === "gx") this.format.expanded = true;
    const isGood = await this.#statement(part.text, source, part.line, () => Buffer.from(reader.data()));
    this.format.expanded = expanded;
    if (command?.kind === "command" && !/^g(x)?$/.test(name)) return (await this.#backslash(command, source)) && isGood;
    return isGood;
  }

  async #statement(
    text: string,
    source: Source,
    line: number,
    input: () => Promise<Buffer> | Buffer,
  ): Promise<boolean> {
    const began = performance.now();
    const answers = await this.#connection.send(text, input);
    let isGood = true;
    for (const answer of answers) isGood = this.#show(answer, text, source, line) && isGood;
    if (this.#timing) this.#say(`Time: ${(performance.now() - began).toFixed(3)} ms\n`);
    return isGood;
  }

  #show(answer: Answer, text: string, source: Source, line: number): boolean {
    switch (answer.kind) {
      case "rows":
        this.#say(printed(answer.rows, this.format));
        if (!answer.tag.startsWith("SELECT") && !this.quiet && !/^(SHOW|EXPLAIN|FETCH)/.test(answer.tag)) {
          this.#say(`${answer.tag}\n`);
        }
        return true;
      case "done":
        if (!this.quiet) this.#say(`${answer.tag}\n`);
        return true;
      case "data":
        this.#say(answer.text);
        return true;
      case "error": {
        const place = source.name === undefined ? "" : `psql:${source.name}:${line}: `;
        this.#complain(place + worded(answer.error, "ERROR", text));
        return false;
      }
    }
  }

  async #executeResult(text: string, source: Source, line: number): Promise<boolean> {
    const answers = await this.#connection.send(text, () => Buffer.alloc(0));
    let isGood = true;
    for (const answer of answers) {
      if (answer.kind !== "rows") isGood = this.#show(answer, text, source, line) && isGood;
      else {
        for (const statement of answer.rows.rows.flat()) {
          if (statement !== null)
            isGood = (await this.#statement(statement, source, line, () => Buffer.alloc(0))) && isGood;
        }
      }
    }
    return isGood;
  }

  async #backslash({ name, args }: Extract<Part, { kind: "command" }>, source: Source): Promise<boolean> {
    const words = [...args.matchAll(/'((?:[^']|'')*)'|"([^"]*)"|(\S+)/g)].map(
      ([, single, double, plain]) => single?.replaceAll("''", "'") ?? double ?? this.#filled(plain ?? ""),
    );
    const [first, second] = words;
    const listing = listingOf(name.replace(/[S+]+$/, ""));
    if (listing && !(name.startsWith("d") && /^d[S+]*$/.test(name) && first !== undefined)) {
      return this.#list(listing, first);
    }
    switch (name.replace(/[S+]+$/, "")) {
      case "d":
        return this.#describe(first ?? "");
      case "q":
      case "quit":
        throw new Quit(0);
      case "c":
      case "connect":
        return this.#reconnect(first, second);
      case "conninfo": {
        const { host, port, user, database } = this.#connection.address;
        const where = host === "" ? 'via socket in "/var/run/postgresql"' : `on host "${host}"`;
        this.#say(`You are connected to database "${database}" as user "${user}" ${where} at port "${port}".\n`);
        return true;
      }
      case "echo":
      case "qecho":
        this.#say(`${words.join(" ")}\n`);
        return true;
      case "warn":
        this.#complain(`${words.join(" ")}\n`);
        return true;
      case "set":
        if (first !== undefined) this.variables.set(first, words.slice(1).join(""));
        return true;
      case "unset":
        this.variables.delete(first ?? "");
        return true;
      case "i":
      case "ir":
      case "include":
        return this.#include(first ?? "");
      case "x":
        this.format.expanded = first === undefined ? !this.format.expanded : /^(on|1|true)$/i.test(first);
        return true;
      case "t":
        this.format.tuplesOnly = first === undefined ? !this.format.tuplesOnly : /^(on|1|true)$/i.test(first);
        return true;
      case "a":
        this.format.mode = this.format.mode === "aligned" ? "unaligned" : "aligned";
        return true;
      case "timing":
        this.#timing = first === undefined ? !this.#timing : /^(on|1|true)$/i.test(first);
        return true;
      case "pset":
        return this.setFormat(first ?? "", second ?? "");
      case "encoding":
      case "g":
        return true;
      default:
        this.#complain(
          /^(copy|!|password|o|out|w|e|edit|ef|gset|watch|if|elif|else|endif|sf|dp|z|dT|do|db|s|p|r|h|\?|crosstabview|prompt)$/.test(
            name,
          )
            ? `bia-infra sandbox: it does not emulate \\${name} of psql. On AWS it exists.\n`
            : `${source.name === undefined ? "" : `psql:${source.name}: `}error: invalid command \\${name}\n`,
        );
        return false;
    }
  }

  /** `\pset` and `-P`. */
  setFormat(name: string, value: string): boolean {
    const isOn = !/^(off|0|false)$/i.test(value);
    if (name === "format" && /^(aligned|unaligned|csv)$/.test(value)) this.format.mode = value as Format["mode"];
    else if (name === "tuples_only" || name === "t") this.format.tuplesOnly = isOn;
    else if (name === "expanded" || name === "x") this.format.expanded = isOn;
    else if (name === "null") this.format.null = value;
    else if (name === "fieldsep") this.format.separator = value;
    // What a terminal would show, or how wide; a pager is never used.
    else if (!/^(pager|border|linestyle|footer|columns|title|numericlocale)$/.test(name)) {
      this.#complain(`\\pset: unknown option: ${name}\n`);
      return false;
    }
    return true;
  }

  async #list(
    { title, sql, none }: NonNullable<ReturnType<typeof listingOf>>,
    pattern: string | undefined,
  ): Promise<boolean> {
    const rows = await this.#ask(sql(pattern));
    if (rows.rows.length === 0 && none) {
      this.#complain(`${none(pattern)}\n`);
      return true;
    }
    this.#say(printed({ ...rows, title }, this.format));
    return true;
  }

  async #describe(pattern: string): Promise<boolean> {
    const { rows } = await this.#ask(relationsNamed(pattern));
    if (rows.length === 0) this.#complain(`Did not find any relation named "${pattern}".\n`);
    for (const [schema, name, type, oid] of rows) {
      const footer: string[] = [];
      for (const [heading, sql] of footersOfRelation(oid ?? "0")) {
        const lines = (await this.#ask(sql)).rows.flat();
        if (lines.length > 0) footer.push(heading, ...lines.map(String));
      }
      const columns = await this.#ask(columnsOfRelation(oid ?? "0"));
      const title = `${(type ?? "").replace(/^./, (letter) => letter.toUpperCase())} "${schema}.${name}"`;
      this.#say(printed({ ...columns, title, footer }, this.format));
    }
    return true;
  }

  /** The rows of one of psql's own queries. */
  async #ask(sql: string): Promise<Rows> {
    const [answer] = await this.#connection.send(sql, () => Buffer.alloc(0));
    if (answer?.kind === "rows") return answer.rows;
    throw new Error(answer?.kind === "error" ? worded(answer.error, "ERROR", sql) : "no answer");
  }

  async #reconnect(database: string | undefined, user: string | undefined): Promise<boolean> {
    const { address } = this.#connection;
    const wanted: Address = {
      ...address,
      ...(database !== undefined && database !== "-" && { database }),
      ...(user !== undefined && user !== "-" && { user }),
    };
    try {
      const next = await Connection.open(wanted, (notice) => this.notice(notice));
      await this.#connection.close();
      this.#connection = next;
      if (!this.quiet) this.#say(`You are now connected to database "${wanted.database}" as user "${wanted.user}".\n`);
      return true;
    } catch (error) {
      this.#complain(`\\connect: ${(error as Error).message}\n`);
      throw new Quit(EXIT.connection);
    }
  }

  async #include(path: string): Promise<boolean> {
    const text = await this.#world.read(path).catch(() => undefined);
    if (text === undefined) {
      this.#complain(`${path}: No such file or directory\n`);
      return false;
    }
    return (await this.script(text.toString(), { name: path })) === 0;
  }

  notice(notice: ServerError): void {
    if (!this.quiet || notice.severity !== "NOTICE") this.#complain(worded(notice, "NOTICE", ""));
    else this.#complain(worded(notice, "NOTICE", ""));
  }

  #filled(word: string): string {
    const name = /^:(\w+)$/.exec(word)?.[1];
    return name === undefined ? word : (this.#value(name, "") ?? word);
  }

  #value(name: string, quote: string): string | undefined {
    const { address } = this.#connection;
    const own: Record<string, string> = {
      DBNAME: address.database,
      USER: address.user,
      HOST: address.host,
      PORT: `${address.port}`,
    };
    const value = this.variables.get(name) ?? own[name];
    if (value === undefined) return undefined;
    return quote === "'" ? literal(value) : quote === '"' ? identifier(value) : value;
  }

  #say(text: string): void {
    this.#world.write("stdout", text);
  }

  #complain(text: string): void {
    this.#world.write("stderr", text);
  }
}

/** An error as psql prints it, with the line of the statement that it is in. */
function worded(error: ServerError, otherwise: string, statement: string): string {
  const { severity = otherwise, message, detail, hint, where, position } = error;
  const parts = [`${severity}:  ${message}`];
  if (position !== undefined && statement !== "") parts.push(...excerpt(statement, Number(position)));
  if (detail) parts.push(`DETAIL:  ${detail}`);
  if (hint) parts.push(`HINT:  ${hint}`);
  if (where && severity === "ERROR") parts.push(`CONTEXT:  ${where}`);
  return `${parts.join("\n")}\n`;
}

function excerpt(statement: string, position: number): string[] {
  const before = [...statement].slice(0, position - 1).join("");
  const number = before.split("\n").length;
  const column = [...(before.split("\n").at(-1) ?? "")].length;
  const text = `LINE ${number}: ${statement.split("\n")[number - 1] ?? ""}`;
  return [text, `${" ".repeat(`LINE ${number}: `.length + column)}^`];
}
