import type { DockerEngine, DockerHost, MachineFiles } from "./engine.ts";

/** The docker daemon of a machine: its service starts and stops it, its commands ask it for the engine. */
export class DockerDaemon {
  private readonly host: DockerHost | undefined;
  private readonly files: MachineFiles;
  private opened: Promise<DockerEngine> | undefined;
  /** It could not be opened, e.g. on a full disk; whoever asks next has it tried again. */
  private failed = false;
  private closed: Promise<void> = Promise.resolve();

  /** @param host absent: the machine's docker answers no command that needs an engine */
  constructor(host: DockerHost | undefined, files: MachineFiles) {
    this.host = host;
    this.files = files;
  }

  /** Undefined: it does not run, or there is no engine for it. */
  get engine(): Promise<DockerEngine> | undefined {
    if (this.failed) {
      this.opened = undefined;
      this.start();
    }
    return this.opened;
  }

  start(): void {
    const { host } = this;
    if (!host || this.opened) return;
    this.opened = this.closed.catch(() => {}).then(() => host.open(this.files));
    this.failed = false;
    const { opened } = this;
    // Told to the commands that wait for it.
    opened.catch(() => {
      if (this.opened === opened) this.failed = true;
    });
  }

  /** Stops its containers; resolves when they have. */
  stop(): Promise<void> {
    const { host, opened } = this;
    if (host && opened) {
      this.opened = undefined;
      this.closed = opened.then(
        () => host.close(),
        () => {},
      );
      this.closed.catch(() => {});
    }
    return this.closed;
  }

  /** Brings what has changed on the machine into the containers that have it mounted, and the other way round. */
  async refresh(): Promise<void> {
    if (this.failed) return;
    const engine = await this.opened?.catch(() => undefined);
    await engine?.containers.refresh();
  }

  /** Resolves when what was begun by `start` or `stop` is done. */
  async settled(): Promise<void> {
    await this.closed;
    await this.opened?.catch(() => {});
  }
}
