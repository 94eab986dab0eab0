import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PostgresServer, preparePostgres } from "./postgres.ts";

/** A server for one test or measurement, not yet started; `remove` stops it and deletes its files. */
export async function temporaryPostgres(): Promise<PostgresServer & { remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "bia-postgres-"));
  await chmod(folder, 0o755); // as root the server runs as another user
  const server = await preparePostgres(join(folder, "server"));
  return {
    ...server,
    remove: async () => {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}
