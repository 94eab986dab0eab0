/** An IPv4 range as numbers: its first address, and how many it has. */
export interface Block {
  readonly first: number;
  readonly size: number;
  readonly length: number;
}

/** The range that is written so; undefined: it is none, or has host bits set. */
export function blockOf(cidr: string | undefined): Block | undefined {
  const [, address = "", bits = ""] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr ?? "") ?? [];
  const parts = address.split(".").map(Number);
  const length = Number(bits);
  if (address === "" || parts.some((part) => part > 255) || length > 32) return undefined;
  const first = parts.reduce((sum, part) => sum * 256 + part, 0);
  const size = 2 ** (32 - length);
  return first % size === 0 ? { first, size, length } : undefined;
}

export function overlap(one: Block, other: Block): boolean {
  return one.first < other.first + other.size && other.first < one.first + one.size;
}

export function contains(outer: Block, inner: Block): boolean {
  return outer.first <= inner.first && inner.first + inner.size <= outer.first + outer.size;
}
