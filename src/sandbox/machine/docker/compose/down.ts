import { type Session, serviceNameOf } from "./session.ts";

export interface DownOptions {
  /** With all data of the volumes that the file names. */
  readonly volumes: boolean;
  readonly removeOrphans: boolean;
  readonly timeoutSeconds?: number | undefined;
}

/** Stops and removes everything of a project; images stay. */
export async function down(session: Session, { volumes, removeOrphans, timeoutSeconds }: DownOptions): Promise<void> {
  const { project, engine } = session;
  const known = new Set(project.services.map(({ name }) => name));
  const own = session.containers().filter((container) => removeOrphans || known.has(serviceNameOf(container)));
  const containers = [...own, ...(removeOrphans ? session.oneOffs() : [])];
  const limit = timeoutSeconds === undefined ? {} : { timeoutSeconds };
  // What others need is stopped last.
  for (const { id, name } of containers.reverse()) {
    await session.step(`Container ${name}`, "Stopping", "Stopped", () => engine.containers.stop(id, limit));
    await session.step(`Container ${name}`, "Removing", "Removed", () => engine.containers.remove(id, { force: true }));
  }
  let removed = containers.length;
  if (volumes) {
    const present = new Set(engine.containers.volumes().map(({ name }) => name));
    for (const { name } of project.volumes.filter((volume) => !volume.external && present.has(volume.name))) {
      await session.step(`Volume ${name}`, "Removing", "Removed", () => engine.containers.removeVolume(name));
      removed++;
    }
  }
  const left = new Set(engine.containers.networks().map(({ name }) => name));
  for (const { name } of project.networks.filter((network) => !network.external && left.has(network.name))) {
    await session.step(`Network ${name}`, "Removing", "Removed", () => engine.containers.removeNetwork(name));
    removed++;
  }
  if (removed === 0)
    session.process.print("stderr", `Warning: No resource found to remove for project "${project.name}".\n`);
}
