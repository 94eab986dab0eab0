import { setTimeout as delay } from "node:timers/promises";
import { ConnectionRefusedError, DataTypes, type Model, type ModelStatic, type Optional, Sequelize } from "sequelize";
import { databaseConfig } from "../database/config.js";
import { databaseOutage } from "./database-outage.ts";
import { log } from "./log.ts";

/** One row of "Tarefas", with the course's column names. `dia_atividade` is free text; null means no day was given. */
export interface Tarefa {
  uuid: string;
  titulo: string;
  dia_atividade: string | null;
  importante: boolean;
  createdAt: Date;
  updatedAt: Date;
}

type TarefaModel = Model<Tarefa, Optional<Tarefa, "uuid" | "createdAt" | "updatedAt">>;

/** The task table and the connection pool behind it. */
export interface Database {
  sequelize: Sequelize;
  tarefas: ModelStatic<TarefaModel>;
}

/**
 * Opens a pool on the database that the environment names. Connects on first use, so it succeeds while the database is
 * away. A query whose connection is refused, or meets a database that is starting or stopping, was not executed and is
 * tried again with backoff for about 1.5 s; anything that may have been executed is never repeated.
 */
export function openDatabase(env: NodeJS.ProcessEnv): Database {
  const config = databaseConfig(env);
  const sequelize = new Sequelize({
    ...config,
    logging: false,
    // 10 connections per task leave room for several tasks on the smallest RDS class.
    pool: { max: 10, min: 0, idle: 10_000, acquire: 5_000 },
    retry: {
      max: 5,
      match: [ConnectionRefusedError, /the database system is (starting up|shutting down|in recovery mode)/],
      backoffBase: 100,
      backoffExponent: 2,
    },
    dialectOptions: {
      ...config.dialectOptions,
      application_name: "bia",
      connectionTimeoutMillis: 3_000,
      statement_timeout: 5_000,
      // A little over the server's own limit: for a database that no longer answers at all.
      query_timeout: 6_000,
      keepAlive: true,
    },
  });
  const tarefas = sequelize.define<TarefaModel>("Tarefas", {
    uuid: { type: DataTypes.UUID, primaryKey: true, defaultValue: DataTypes.UUIDV4 },
    titulo: { type: DataTypes.STRING, allowNull: false },
    dia_atividade: DataTypes.STRING,
    importante: DataTypes.BOOLEAN,
    createdAt: DataTypes.DATE,
    updatedAt: DataTypes.DATE,
  });
  return { sequelize, tarefas };
}

/** Asks the database for a sign of life, once. Resolves to undefined, or to the reason why it is away. */
export async function databaseProblem({ sequelize }: Database): Promise<string | undefined> {
  try {
    await sequelize.query("SELECT 1", { retry: { max: 1 } });
    return undefined;
  } catch (error) {
    return databaseOutage(error) ?? String(error);
  }
}

/** Says in the log when the database is first reached, and until then why not, asking ever more rarely (at most every 30 s). */
export async function announceDatabase(database: Database, stopped: AbortSignal): Promise<void> {
  for (let wait = 500; !stopped.aborted; wait = Math.min(wait * 2, 30_000)) {
    const problem = await databaseProblem(database);
    if (!problem) return log({ message: "banco de dados conectado" });
    log({ level: "warn", message: "banco de dados fora", reason: problem, nextTryMs: wait });
    await delay(wait, undefined, { signal: stopped }).catch(() => {});
  }
}
