import type { Request } from "express";
import type { Tarefa } from "./database.ts";

/** A request that the caller has to change; the message says how. */
export class BadRequest extends Error {
  readonly status = 400;
}

/** Longest titulo and dia, in characters: both columns are varchar(255). */
const MAX_LENGTH = 255;

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The uuid in the path, or BadRequest when it is not one. */
export function readUuid(req: Request<{ uuid: string }>): string {
  if (!UUID.test(req.params.uuid)) throw new BadRequest("O uuid da tarefa é inválido.");
  return req.params.uuid;
}

/** What a new task is made of. The day is called `dia`, or `dia_atividade` as in the record. Throws BadRequest. */
export function readNewTarefa(req: Request): Pick<Tarefa, "titulo" | "dia_atividade" | "importante"> {
  const body = readBody(req);
  const titulo = readText(body.titulo, "titulo");
  if (!titulo?.trim()) throw new BadRequest("O campo titulo é obrigatório.");
  return {
    titulo,
    dia_atividade: readText(body.dia ?? body.dia_atividade, "dia"),
    importante: readFlag(req, body.importante ?? false),
  };
}

/** The new priority. Other fields may come along, as in the course's page, and change nothing. Throws BadRequest. */
export function readPriority(req: Request): boolean {
  const { importante } = readBody(req);
  return readFlag(req, importante);
}

function readBody(req: Request): Record<string, unknown> {
  const body: unknown = req.body;
  if (body === undefined) throw new BadRequest("Envie um corpo JSON com Content-Type: application/json.");
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new BadRequest("O corpo deve ser um objeto JSON.");
  }
  return body as Record<string, unknown>;
}

function readText(value: unknown, field: string): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") throw new BadRequest(`O campo ${field} deve ser um texto.`);
  // PostgreSQL counts characters, JavaScript's length counts UTF-16 units.
  if ([...value].length > MAX_LENGTH) throw new BadRequest(`O campo ${field} aceita até ${MAX_LENGTH} caracteres.`);
  // PostgreSQL text cannot hold it.
  if (value.includes("\0")) throw new BadRequest(`O campo ${field} não pode conter o caractere nulo.`);
  return value;
}

function readFlag(req: Request, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  // A form (curl -d importante=true) has no other way to say it.
  if (req.is("application/x-www-form-urlencoded") && (value === "true" || value === "false")) return value === "true";
  throw new BadRequest("O campo importante deve ser true ou false.");
}
