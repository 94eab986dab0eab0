import { BaseError, ConnectionAcquireTimeoutError, ConnectionError } from "sequelize";

/**
 * SQLSTATE codes that mean "not now" or "not set up yet" rather than "wrong query", and what to tell the learner
 * (https://www.postgresql.org/docs/16/errcodes-appendix.html).
 */
const REASONS: Record<string, string> = {
  "28000": "o banco recusou o acesso, confira DB_USER e DB_PWD, e se ele exige TLS",
  "28P01": "o banco recusou a senha, confira DB_USER e DB_PWD",
  "3D000": "o banco ainda não existe, rode npx sequelize db:create",
  "42P01": "a tabela ainda não existe, rode npx sequelize db:migrate",
  "53300": "o banco não aceita mais conexões",
  "57014": "o banco demorou demais para responder",
  "57P01": "o banco está desligando",
  "57P02": "o banco caiu",
  "57P03": "o banco está iniciando ou desligando",
};

/** What `pg` says, without a code, when a connection breaks or falls silent under a query. */
const CONNECTION_LOST = /connection terminated|connection error|not queryable|ECONNRESET|EPIPE|query read timeout/i;

/**
 * Why the database cannot serve, if that is what this error says; undefined for any other error. The reason names the
 * way out where there is one, and never a host, a user or a password.
 */
export function databaseOutage(error: unknown): string | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const { code } = ((error as ConnectionError).parent ?? {}) as { code?: string };
  const known = code && REASONS[code];
  if (known) return known;
  if (error instanceof ConnectionAcquireTimeoutError) return "todas as conexões com o banco estão ocupadas";
  if (error instanceof ConnectionError) return `sem conexão com o banco (${code ?? error.message})`;
  return CONNECTION_LOST.test(error.message) ? "a conexão com o banco caiu" : undefined;
}
