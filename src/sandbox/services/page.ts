/** Part of a listing. */
export interface Page<Item> {
  readonly items: Item[];
  /** Where to go on; undefined: this was the last page. */
  readonly next: string | undefined;
}

/**
 * Cuts a page out of a listing.
 *
 * @param token what the former page named as its `next`; absent: from the beginning
 * @param invalid the service's answer to a token that is none
 */
export function pageOf<Item>(
  items: readonly Item[],
  { size, token, invalid }: { size: number; token: string | undefined; invalid: () => Error },
): Page<Item> {
  const start = token === undefined ? 0 : offsetIn(token, invalid);
  const end = start + size;
  return { items: items.slice(start, end), next: end < items.length ? encode(end) : undefined };
}

function encode(offset: number): string {
  return Buffer.from(`from ${offset}`).toString("base64url");
}

function offsetIn(token: string, invalid: () => Error): number {
  const offset = /^from (\d+)$/.exec(Buffer.from(token, "base64url").toString("utf8"))?.[1];
  if (offset === undefined) throw invalid();
  return Number(offset);
}
