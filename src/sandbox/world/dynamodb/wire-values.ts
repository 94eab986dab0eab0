/** A value as DynamoDB's JSON has it: bytes in base64, without what is not there. */
export function toWire(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [[key, toWire(part)]])),
  );
}

/** The other way. A text under `B`, or texts under `BS`, are always bytes: what an attribute of that name has is an object. */
export function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromWire);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, bytesIn(key, part) ?? fromWire(part)]));
}

function bytesIn(key: string, value: unknown): Buffer | Buffer[] | undefined {
  if (key === "B" && typeof value === "string") return Buffer.from(value, "base64");
  if (key !== "BS" || !Array.isArray(value)) return undefined;
  return value.map((one) => Buffer.from(String(one), "base64"));
}
