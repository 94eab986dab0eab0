import { type ConnectionOptions, createConnection, type RowDataPacket } from "mysql2/promise";
import { mysqlServer } from "../../src/sandbox/plane/mysql/programs.ts";

/** Whether what needs a MySQL of this computer can be tried. In CI it has to be: without one it fails there. */
export const HAS_MYSQL = mysqlServer() !== undefined || process.env.CI !== undefined;

/** Asks a MySQL one thing, as an app does. */
export async function askMysql(options: ConnectionOptions, sql: string): Promise<object[]> {
  const connection = await createConnection(options);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return [rows].flat().map((row) => ({ ...row }));
  } finally {
    await connection.end();
  }
}
