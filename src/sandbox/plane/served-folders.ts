import { resolve } from "node:path";
import type { DatabaseServer } from "./database-server.ts";

/** Folders of databases in which this process has a server, or starts one. */
export class ServedFolders {
  readonly #served = new Set<string>();

  has(folder: string): boolean {
    return this.#served.has(resolve(folder));
  }

  /** Starts a server in a folder that has none. The folder is free again when it has ended, or does not start. */
  async start(folder: string, start: () => Promise<DatabaseServer>): Promise<DatabaseServer> {
    const place = resolve(folder);
    this.#served.add(place);
    try {
      const server = await start();
      server.exited.then(() => this.#served.delete(place));
      return server;
    } catch (error) {
      this.#served.delete(place);
      throw error;
    }
  }
}
