import { freePort } from "../plane/listen.ts";
import { type Forward, forward } from "./forward.ts";

/** Where a published port of a machine is reached from this computer. */
export interface Reached {
  readonly address: string;
  readonly port: number;
  /** Why it is not at the machine's own address and port; absent: it is. */
  readonly why?: string;
}

/** A port of the machine that leads to a container. */
interface Published {
  /** Id of the container. */
  readonly owner: string;
  /** Port of 127.0.0.1 that the container's process listens on. */
  local: number;
  forward?: Forward;
  why?: string;
}

/** Tells of a machine what decides about its ports. */
export interface Surroundings {
  /** Undefined: it has no public address. */
  address(): string | undefined;
  /** Do its security groups let this computer connect? */
  isOpen(port: number): boolean;
}

/**
 * The published ports of one machine. Those that its security groups open are served at the machine's public address, as
 * on AWS; the others are reached on 127.0.0.1 only, each on some port.
 */
export class PublishedPorts {
  readonly #surroundings: Surroundings;
  readonly #ports = new Map<number, Published>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * Makes a port of the machine lead to a container that is about to start.
   *
   * @param owner the container's id
   * @returns the port of 127.0.0.1 that the container is to listen on
   * @throws ContainerError if another container or a program of this computer has the machine's port
   */
  async publish(port: number, owner: string): Promise<number> {
    const present = this.#ports.get(port);
    if (present && present.owner !== owner)
      throw await taken(`Bind for 0.0.0.0:${port} failed: port is already allocated`);
    const published: Published = { owner, local: 0 };
    this.#ports.set(port, published);
    try {
      await present?.forward?.close();
      published.local = await freePort();
      const obstacle = await this.#open(port, published);
      if (obstacle === undefined) return published.local;
      throw await taken(
        `Ports are not available: exposing port TCP 0.0.0.0:${port} -> 0.0.0.0:0: listen tcp 0.0.0.0:${port}: bind: address already in use (bia-infra sandbox: ${obstacle})`,
      );
    } catch (error) {
      this.#ports.delete(port);
      throw error;
    }
  }

  /** Frees the ports of a container, those that it keeps aside. */
  async release(owner: string, kept: readonly number[] = []): Promise<void> {
    const freed = [...this.#ports].filter(([port, published]) => published.owner === owner && !kept.includes(port));
    for (const [port] of freed) this.#ports.delete(port);
    await Promise.all(freed.map(([, published]) => published.forward?.close()));
  }

  /** True: no container publishes a port. */
  get isEmpty(): boolean {
    return this.#ports.size === 0;
  }

  /** Opens and closes ports after the security groups or the address have changed. */
  async refresh(): Promise<void> {
    for (const [port, published] of [...this.#ports]) {
      const { forward: present } = published;
      const isRight = this.#isWanted(port) ? present?.address === this.#surroundings.address() : !present;
      if (isRight) continue;
      delete published.forward;
      await present?.close();
      const obstacle = await this.#open(port, published);
      if (obstacle !== undefined) published.why = obstacle;
    }
  }

  /** Undefined: no running container has the port. */
  reached(port: number): Reached | undefined {
    const published = this.#ports.get(port);
    if (!published) return undefined;
    const { local, forward: present, why } = published;
    const { address, port: at } = present ?? { address: "127.0.0.1", port: local };
    return { address, port: at, ...(why !== undefined && { why }) };
  }

  /** Port of 127.0.0.1 that a published port leads to; undefined: no running container has the port. */
  local(port: number): number | undefined {
    return this.#ports.get(port)?.local;
  }

  async close(): Promise<void> {
    const owners = new Set([...this.#ports.values()].map(({ owner }) => owner));
    await Promise.all([...owners].map((owner) => this.release(owner)));
  }

  #isWanted(port: number): boolean {
    return this.#surroundings.address() !== undefined && this.#surroundings.isOpen(port);
  }

  /** Serves a port at the machine's address, if it should be. The answer is who has it already. */
  async #open(port: number, published: Published): Promise<string | undefined> {
    const address = this.#surroundings.address();
    delete published.why;
    if (address === undefined) published.why = "the instance has no public address";
    else if (!this.#surroundings.isOpen(port)) published.why = "no security group of the instance opens it";
    if (address === undefined || published.why !== undefined) return undefined;
    try {
      published.forward = await forward(address, port, published.local);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EADDRINUSE") return `another program of this computer has ${address}:${port}`;
      if (code !== "EACCES") throw error;
      // Ports below 1024 belong to root on most systems.
      published.forward = await forward(address, 0, published.local);
      published.why = `users of this computer may not listen on port ${port}`;
    }
    return undefined;
  }
}

async function taken(message: string): Promise<Error> {
  const { ContainerError } = await import("../plane/container/error.ts");
  return new ContainerError("port-taken", message);
}
