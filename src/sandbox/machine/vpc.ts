/** What programs of a machine reach by name beside the machine itself. Whoever creates the machine knows it. */
export interface Vpc {
  /**
   * Where a port of a name is served on this computer.
   *
   * @returns `refused`: nobody is let in there; undefined: the name leads nowhere
   */
  place(name: string, port: number): Place | "refused" | undefined;
}

export interface Place {
  readonly host: string;
  readonly port: number;
}
