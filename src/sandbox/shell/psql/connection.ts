import pg from "pg";
import type { Rows } from "./table.ts";

/** Where a server is, and as whom one comes. */
export interface Address {
  /** Empty: the socket of the computer that one is on. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string | undefined;
  readonly sslmode: string;
  /** What a server with that mode must be certified by, in PEM. */
  readonly authority: string | undefined;
}

/** What one statement came to. */
export type Answer =
  | { readonly kind: "rows"; readonly rows: Rows; readonly tag: string }
  | { readonly kind: "done"; readonly tag: string }
  | { readonly kind: "data"; readonly text: string }
  | { readonly kind: "error"; readonly error: ServerError };

/** Fields of an error or a notice (PostgreSQL documentation, 55.8). */
export interface ServerError {
  readonly severity?: string;
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly where?: string;
  /** Character in the query, from 1. */
  readonly position?: string;
}

interface Wire {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/** Types that psql puts to the right: numbers, oid, money. */
const NUMBERS = new Set([20, 21, 23, 26, 28, 29, 700, 701, 790, 1700]);

/** Sends statements by the simple protocol, as psql does, and keeps everything as the server wrote it. */
class Sending {
  readonly answers: Answer[] = [];
  readonly ended: Promise<void>;
  #end: () => void = () => {};
  readonly #text: string;
  readonly #input: () => Promise<Buffer> | Buffer;
  #fields: readonly Field[] | undefined;
  #rows: (string | null)[][] = [];
  #data: string | undefined;
  /** pg calls it when the connection breaks. */
  callback = () => this.#end();

  constructor(text: string, input: () => Promise<Buffer> | Buffer) {
    this.#text = text;
    this.#input = input;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  submit(connection: Wire): void {
    connection.query(this.#text);
  }

  handleRowDescription({ fields }: { fields: readonly Field[] }): void {
    this.#fields = fields;
    this.#rows = [];
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    this.#rows.push(fields);
  }

  handleCommandComplete({ text: tag }: { text: string }): void {
    if (this.#data !== undefined) this.answers.push({ kind: "data", text: this.#data });
    if (this.#fields)
      this.answers.push({ kind: "rows", rows: { columns: columnsOf(this.#fields), rows: this.#rows }, tag });
    else this.answers.push({ kind: "done", tag });
    this.#fields = undefined;
    this.#data = undefined;
  }

  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: Wire): void {
    void Promise.resolve(this.#input()).then((data) => {
      connection.sendCopyFromChunk(data);
      connection.endCopyFrom();
    });
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    this.#data = (this.#data ?? "") + chunk.toString();
  }

  handleError(error: ServerError): void {
    this.answers.push({ kind: "error", error });
    // What was sent with it is not done any more, and pg tells us nothing of what follows.
    this.#end();
  }

  handleReadyForQuery(): void {
    this.#end();
  }
}

function columnsOf(fields: readonly Field[]): Rows["columns"] {
  return fields.map(({ name, dataTypeID }) => ({ name, isNumber: NUMBERS.has(dataTypeID) }));
}

/** A connection to a server. */
export class Connection {
  readonly address: Address;
  readonly #client: pg.Client;
  #broken: Error | undefined;

  private constructor(address: Address, client: pg.Client) {
    this.address = address;
    this.#client = client;
    client.on("error", (error) => {
      this.#broken = error;
    });
  }

  /** @throws Error with psql's words */
  static async open(address: Address, onNotice: (notice: ServerError) => void): Promise<Connection> {
    const { host, port, user, database, password, sslmode, authority } = address;
    const strict = sslmode === "verify-ca" || sslmode === "verify-full";
    const ssl = { rejectUnauthorized: strict, ...(authority !== undefined && { ca: authority }) };
    const attempt = async (encrypted: boolean) => {
      const client = new pg.Client({
        host: host || "127.0.0.1",
        port,
        user,
        database,
        password: password ?? "",
        ssl: encrypted ? ssl : false,
        connectionTimeoutMillis: 30_000,
      });
      client.on("notice", (notice) => onNotice(notice as ServerError));
      await client.connect();
      return new Connection(address, client);
    };
    try {
      if (sslmode === "disable" || sslmode === "allow") return await attempt(false);
      return await attempt(true);
    } catch (error) {
      const isPlain = /does not support SSL/.test((error as Error).message);
      if (!isPlain || sslmode !== "prefer") throw refused(address, error as NodeJS.ErrnoException);
      return await attempt(false).catch((second: NodeJS.ErrnoException) => {
        throw refused(address, second);
      });
    }
  }

  /** @param input what COPY ... FROM STDIN reads */
  async send(text: string, input: () => Promise<Buffer> | Buffer): Promise<readonly Answer[]> {
    if (this.#broken) throw new Error("no connection to the server");
    const sending = new Sending(text, input);
    const closed = new Promise<void>((resolve) => this.#client.once("end", resolve));
    this.#client.query(sending as unknown as pg.Submittable);
    await Promise.race([sending.ended, closed]);
    return sending.answers;
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => {});
  }
}

function refused({ host, port, password }: Address, error: NodeJS.ErrnoException): Error {
  const { code = "", message } = error;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return new Error(`could not translate host name "${host}" to address: Name or service not known`);
  }
  const ip = (error as { address?: string }).address ?? host;
  const server =
    host === ""
      ? `connection to server on socket "/var/run/postgresql/.s.PGSQL.${port}" failed`
      : `connection to server at "${host}" (${ip}), port ${port} failed`;
  if (code === "ECONNREFUSED") {
    return new Error(
      host === ""
        ? `${server}: No such file or directory\n\tIs the server running locally and accepting connections on that socket?`
        : `${server}: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?`,
    );
  }
  if (/SASL|client password must be a string|empty string/.test(message) && !password) {
    return new Error(`${server}: fe_sendauth: no password supplied`);
  }
  const isServers = /^[0-9A-Z]{5}$/.test(code);
  return new Error(`${server}: ${isServers ? `FATAL:  ${message}` : message}`);
}
