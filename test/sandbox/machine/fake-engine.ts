import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import type {
  Container,
  ContainerSpec,
  ContainerState,
  DockerEngine,
  DockerHost,
  ExecOptions,
  Image,
  LogLine,
  Network,
  Placed,
  RegistryLogin,
  Volume,
} from "../../../src/sandbox/machine/docker/engine.ts";

class FakeError extends Error {
  readonly code: string;

  constructor(code: string, message: string, name = "ContainerError") {
    super(message);
    this.code = code;
    this.name = name;
  }
}

/** What a build of the fake saw. */
export interface SeenBuild {
  readonly files: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
  readonly dockerfile: string | undefined;
  readonly dockerfileText: string | undefined;
  readonly contexts: readonly string[];
  readonly buildArgs: Readonly<Record<string, string>>;
}

/**
 * A docker engine that runs nothing: what its containers do is told by the test. An image's content is its Dockerfile and
 * the arguments of its build.
 */
export class FakeEngine implements DockerHost {
  readonly builds: SeenBuild[] = [];
  readonly execs: ExecOptions[] = [];
  /** What was put into containers, by id and path. */
  readonly files = new Map<string, Placed>();
  /** What `exec` writes and ends with. */
  onExec: (options: ExecOptions) => number = () => 0;
  /** Called in a build; throws to let it fail. */
  onBuild: () => void = () => {};
  /** What was pushed, and with which login. */
  readonly pushes: { reference: string; login: RegistryLogin | undefined }[] = [];
  opened = 0;
  closed = 0;
  private readonly held = new Map<string, Container & { lines: LogLine[] }>();
  private readonly imagesById = new Map<string, Image>();
  private readonly volumesByName = new Map<string, Volume>();
  private readonly networksByName = new Map<string, Network>();
  private readonly changes = new EventEmitter().setMaxListeners(100);

  async open(): Promise<DockerEngine> {
    this.opened++;
    return { containers: this.containers, images: this.images, registries: this.registries };
  }

  async close(): Promise<void> {
    this.closed++;
    for (const { id } of this.held.values()) await this.containers.stop(id);
  }

  /** Lets a container write a line. */
  write(name: string, text: string, stream: LogLine["stream"] = "stdout"): void {
    this.find(name).lines.push({ stream, text, time: new Date().toISOString() });
    this.changes.emit("change");
  }

  /** Changes the state of a container as if it had happened in it. */
  become(name: string, state: Partial<ContainerState>): void {
    const container = this.find(name);
    const over = state.status === "exited" ? { finishedAt: new Date().toISOString() } : {};
    this.held.set(container.id, { ...container, state: { ...container.state, ...over, ...state } });
    this.changes.emit("change");
  }

  private find(name: string) {
    const found = [...this.held.values()].find((one) => one.name === name || one.id.startsWith(name));
    if (!found) throw new FakeError("no-such-container", `No such container: ${name}`);
    return found;
  }

  readonly images: DockerEngine["images"] = {
    build: async ({ context, contexts = {}, dockerfile, tags = [], buildArgs = {}, onProgress }) => {
      const entries = await context.list(() => false);
      const read = async (path: string) => Buffer.from(await context.read(path)).toString();
      const files = entries.filter(({ type }) => type === "file");
      const links = entries.flatMap(({ path, target }) => (target === undefined ? [] : [[path, target]]));
      const contents = await Promise.all(files.map(async ({ path }) => [path, await read(path)]));
      this.builds.push({
        files: Object.fromEntries(contents),
        links: Object.fromEntries(links),
        dockerfile,
        dockerfileText: await read(dockerfile ?? "Dockerfile").catch(() => undefined),
        contexts: Object.keys(contexts),
        buildArgs,
      });
      onProgress?.("#1 [internal] load build definition from Dockerfile");
      this.onBuild();
      return { image: this.addImage(tags, JSON.stringify([contents, buildArgs])) };
    },
    pull: async (reference) => {
      if (!/^(.*\/)?postgres:16$/.test(reference)) {
        throw new FakeError(
          "not-emulated",
          `pull access denied for ${reference}, repository does not exist`,
          "ImageError",
        );
      }
      return this.addImage([reference], reference);
    },
    find: async (reference) => {
      const name = /:[^/]*$/.test(reference) ? reference : `${reference}:latest`;
      return [...this.imagesById.values()].find(
        ({ id, names }) => names.includes(name) || id === reference || id.startsWith(`sha256:${reference}`),
      );
    },
    list: async () => [...this.imagesById.values()].reverse(),
    tag: async (reference, name) => {
      const image = await this.images.find(reference);
      if (!image) throw new FakeError("", `No such image: ${reference}`, "ImageError");
      this.imagesById.set(image.id, { ...image, names: [...image.names, name] });
    },
    history: async (reference) => {
      const image = await this.images.find(reference);
      return image ? [{ created: image.created, createdBy: "FROM node", size: image.size }] : [];
    },
    remove: async (reference) => {
      const image = await this.images.find(reference);
      if (!image) throw new FakeError("", `No such image: ${reference}`, "ImageError");
      this.imagesById.delete(image.id);
      return [...image.names.map((name) => `Untagged: ${name}`), `Deleted: ${image.id}`];
    },
  };

  /** One registry, at `registry.test`, whose password is `secret`. */
  readonly registries: DockerEngine["registries"] = {
    has: (host) => host === "registry.test",
    login: async (host, { password }) => {
      if (password === "secret") return;
      const message = `login attempt to https://${host}/v2/ failed with status: 400 Bad Request`;
      throw new FakeError("", message, "ImageError");
    },
    push: async (reference, login, onProgress) => {
      this.pushes.push({ reference, login });
      if (!login) throw new FakeError("", "no basic auth credentials", "ImageError");
      onProgress("latest: digest: sha256:1234 size: 528");
    },
    pull: async (reference, login) => {
      if (!login) throw new FakeError("", "no basic auth credentials", "ImageError");
      return this.addImage([reference], reference);
    },
  };

  private addImage(tags: readonly string[], content: string): Image {
    const id = `sha256:${Buffer.from(content).toString("hex").padEnd(64, "0").slice(-64)}`;
    const named = tags.map((tag) => (/:[^/]*$/.test(tag) ? tag : `${tag}:latest`));
    const names = [...new Set([...(this.imagesById.get(id)?.names ?? []), ...named])];
    const config = {
      Env: ["PATH=/usr/bin"],
      WorkingDir: "/usr/src/app",
      User: "",
      ExposedPorts: {},
      Volumes: {},
      Labels: {},
    };
    const image = { id, digest: id, names, config, created: new Date().toISOString(), size: 214_000_000, layers: [] };
    this.imagesById.set(id, image);
    return image;
  }

  readonly containers: DockerEngine["containers"] = {
    create: async (spec: ContainerSpec) => {
      const image = await this.images.find(spec.image);
      if (!image) throw new FakeError("no-such-image", `No such image: ${spec.image}`);
      const id = randomBytes(32).toString("hex");
      const name = spec.name ?? `sandbox_${id.slice(0, 8)}`;
      const other = [...this.held.values()].find((one) => one.name === name);
      if (other)
        throw new FakeError(
          "name-taken",
          `Conflict. The container name "/${name}" is already in use by container "${other.id}".`,
        );
      const state = { status: "created", exitCode: 0, oomKilled: false, error: "" } as const;
      const common = {
        id,
        name,
        spec,
        imageId: image.id,
        argv: spec.command ?? ["node", "server.js"],
        created: new Date().toISOString(),
      };
      const container = { ...common, state, ports: [...(spec.ports ?? [])], restartCount: 0, lines: [] };
      this.held.set(id, container);
      return container;
    },
    start: async (name) => {
      const { id, spec, ports } = this.find(name);
      for (const { hostPort } of ports) {
        const taken = [...this.held.values()].some(
          (one) => one.state.status === "running" && one.ports.some((port) => port.hostPort === hostPort),
        );
        if (taken) throw new FakeError("port-taken", `Bind for 0.0.0.0:${hostPort} failed: port is already allocated`);
      }
      const health = spec.healthcheck && ({ status: "starting", failingStreak: 0, log: [] } as const);
      this.become(id, { status: "running", pid: 4711, startedAt: new Date().toISOString(), ...(health && { health }) });
    },
    stop: async (name) => {
      if (this.find(name).state.status === "running") this.become(name, { status: "exited", exitCode: 143 });
    },
    restart: async (name) => {
      await this.containers.stop(name);
      await this.containers.start(name);
    },
    kill: async (name) => {
      if (this.find(name).state.status !== "running")
        throw new FakeError("not-running", `Container ${name} is not running`);
      this.become(name, { status: "exited", exitCode: 137 });
    },
    remove: async (name, { force = false } = {}) => {
      const { id, state } = this.find(name);
      if (state.status === "running" && !force)
        throw new FakeError("running", `You cannot remove a running container ${id}.`);
      this.held.delete(id);
      this.changes.emit("change");
    },
    find: (name) => [...this.held.values()].find((one) => one.name === name || one.id.startsWith(name)),
    list: ({ all = false } = {}) =>
      [...this.held.values()].reverse().filter(({ state }) => all || state.status === "running"),
    usage: () => undefined,
    wait: async (name) =>
      (await this.containers.until(name, ({ state }) => state.status === "exited"))?.state.exitCode ?? 0,
    until: async (name, test, signal) => {
      for (;;) {
        const container = this.containers.find(name);
        if (!container || test(container)) return container;
        await once(this.changes, "change", signal ? { signal } : {});
      }
    },
    logs: (name, { follow = false, tail, signal } = {}) => {
      const engine = this;
      return (async function* () {
        const start = tail === undefined ? 0 : Math.max(0, engine.find(name).lines.length - tail);
        for (let at = start; ; at++) {
          while (follow && at >= engine.find(name).lines.length && !signal?.aborted) {
            if (engine.find(name).state.status !== "running") return;
            await once(engine.changes, "change", signal ? { signal } : {}).catch(() => {});
          }
          const line = engine.find(name).lines[at];
          if (!line || signal?.aborted) return;
          yield line;
        }
      })();
    },
    exec: async (_name, options) => {
      this.execs.push(options);
      return this.onExec(options);
    },
    refresh: async () => {},
    put: async (name, path, entries) => {
      const { id } = this.find(name);
      for (const entry of entries) this.files.set(join(id, path, entry.path), entry);
    },
    take: async (name, path) => {
      const { id } = this.find(name);
      const place = join(id, path);
      const below = [...this.files].filter(([at]) => at === place || at.startsWith(`${place}/`));
      if (below.length === 0) throw new FakeError("refused", `Could not find the file ${path} in container ${name}`);
      return below.map(([at, entry]) => ({ ...entry, path: at.slice(place.length + 1) }));
    },
    kind: async (name, path) => this.files.get(join(this.find(name).id, path))?.type,
    createVolume: async (name, labels = {}) => {
      const volume = { name, folder: `/volumes/${name}`, created: new Date().toISOString(), labels };
      this.volumesByName.set(name, volume);
      return volume;
    },
    volumes: () => [...this.volumesByName.values()],
    removeVolume: async (name) => {
      if (!this.volumesByName.delete(name)) throw new FakeError("no-such-volume", `get ${name}: no such volume`);
    },
    createNetwork: async (name, labels = {}) => {
      const network = { name, id: randomBytes(32).toString("hex"), created: new Date().toISOString(), labels };
      this.networksByName.set(name, network);
      return network;
    },
    networks: () => [...this.networksByName.values()],
    removeNetwork: async (name) => {
      if (!this.networksByName.delete(name)) throw new FakeError("no-such-network", `network ${name} not found`);
    },
  };
}
