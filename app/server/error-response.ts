import { STATUS_CODES } from "node:http";
import type { NextFunction, Request, Response } from "express";
import { databaseOutage } from "./database-outage.ts";
import { log } from "./log.ts";
import { BadRequest } from "./tarefa-input.ts";

interface HttpError extends Error {
  status?: number;
  /** body-parser's name for the failure, such as `entity.too.large`. */
  type?: string;
}

/** What the caller gets for a body that body-parser refuses; bad input is 400 throughout this API. */
const BODY_ERRORS: Record<string, string> = {
  "entity.parse.failed": "O corpo não é um JSON válido.",
  "entity.too.large": "O corpo passa de 100 kB.",
};

/**
 * Turns an error into `{ message }`: 400 and other 4xx for the caller's mistakes, 503 with `Retry-After` while the
 * database is away, 500 without details for everything else. What is not the caller's fault is logged with its reason.
 */
export function errorResponse(error: HttpError, _req: Request, res: Response, next: NextFunction): void {
  if (res.headersSent) {
    next(error);
    return;
  }
  const { requestId } = res.locals;
  const { status, message } = callersMistake(error) ?? serversTrouble(error, requestId);
  if (status === 503) res.set("Retry-After", "2");
  res.status(status).json({ message });
}

function callersMistake(error: HttpError): { status: number; message: string } | undefined {
  if (error instanceof BadRequest) return error;
  const bodyError = error.type && BODY_ERRORS[error.type];
  if (bodyError) return { status: 400, message: bodyError };
  if (!error.status || error.status >= 500) return undefined;
  return { status: error.status, message: `Pedido recusado: ${STATUS_CODES[error.status] ?? error.status}.` };
}

function serversTrouble(error: HttpError, requestId: string): { status: number; message: string } {
  const reason = databaseOutage(error);
  if (reason) {
    log({ level: "warn", message: "banco de dados fora", reason, requestId });
    return { status: 503, message: `Banco de dados indisponível: ${reason}.` };
  }
  log({ level: "error", message: error.message, stack: error.stack, requestId });
  return { status: 500, message: `Erro interno. Procure no log pelo request id ${requestId}.` };
}
