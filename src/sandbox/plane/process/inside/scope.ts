/** What a process is told about the container that it belongs to, before its own code runs. */
export interface ScopeFile {
  /** Port of 127.0.0.1 at which the sandbox listens for its processes. */
  readonly port: number;
  /** Proves that a process belongs to the container. */
  readonly token: string;
  /** File with the container's `NetworkView`; read anew whenever a name or a port is needed. */
  readonly network: string;
  /** Folder in which a process that ends leaves a file of its id, with the microseconds that it has had a processor for. */
  readonly ended: string;
  /** Folders of this computer that it may not write into, and those within them that it may; elsewhere it may. */
  readonly writing: readonly { readonly folder: string; readonly readOnly: boolean }[];
}

/** What a container sees of its networks and of its own ports. */
export interface NetworkView {
  /** Addresses of the containers that it can reach, by name. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Ports of 127.0.0.1 that stand for `<address>:<port>` of those. */
  readonly ports: Readonly<Record<string, number>>;
  /**
   * Where `<address>:<port>` outside of its machine is served on this computer; null: no security group lets it in there.
   * Addresses that have no port here are those of containers.
   */
  readonly outside: Readonly<Record<string, { readonly host: string; readonly port: number } | null>>;
  /** Its own ports, and the port of 127.0.0.1 that each is served on. */
  readonly own: Readonly<Record<string, number>>;
  /**
   * What is different on its loopback interface: the port of 127.0.0.1 of each that its programs listen on there alone; null:
   * they listen on its address alone.
   */
  readonly loopback: Readonly<Record<string, number | null>>;
}

/** On which of its network interfaces a program of a container listens. */
export type Interfaces = "all" | "loopback" | "address";

/** What the processes tell the sandbox, one JSON text a line. */
export type FromProcess =
  | { readonly token: string; readonly pid: number }
  /** Bytes of memory that it holds now, and microseconds that it has had a processor for in all. */
  | { readonly rss: number; readonly cpu: number }
  /** It listens on a port that was not announced, or on some interfaces alone, on this port of 127.0.0.1. */
  | { readonly listens: number; readonly on: number; readonly at: Interfaces };

/** What the sandbox tells a process. */
export type ToProcess = { readonly signal: NodeJS.Signals };
