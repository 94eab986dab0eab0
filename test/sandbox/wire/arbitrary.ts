import type { NormalizedSchema } from "@smithy/core/schema";
import fc from "fast-check";

/** Deeper down only required and simple members are made; some of EC2's structures contain themselves. */
const DEEPEST = 4;

/**
 * Values of any shape that a schema describes. An idempotency token is always there: the SDK makes one up where it is
 * not.
 */
export function arbitraryOf(schema: NormalizedSchema, depth = 0): fc.Arbitrary<unknown> {
  if (schema.isUnitSchema()) return fc.constant({});
  if (schema.isUnionSchema()) return union(schema, depth);
  if (schema.isStructSchema()) return structure(schema, depth);
  if (schema.isListSchema()) return list(schema, depth);
  if (schema.isMapSchema()) return map(schema, depth);
  return simple(schema);
}

function simple(schema: NormalizedSchema): fc.Arbitrary<unknown> {
  if (schema.isBooleanSchema()) return fc.boolean();
  if (schema.isNumericSchema()) return fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 2 ** 40, 0.5));
  if (schema.isTimestampSchema()) return seconds();
  if (schema.isBlobSchema()) return fc.uint8Array({ minLength: 1, maxLength: 12 });
  if (schema.isDocumentSchema()) return fc.constant({ any: ["thing", 1, true] });
  return schema.getMergedTraits().httpHeader === undefined ? text() : headerText();
}

/** A header carries visible ASCII only. */
function headerText(): fc.Arbitrary<string> {
  return fc.stringMatching(/^[!-~]{1,12}$/);
}

/** All formats that AWS writes times in have whole seconds in common. */
function seconds(): fc.Arbitrary<Date> {
  return fc.integer({ min: 0, max: 4_000_000_000 }).map((value) => new Date(value * 1000));
}

/** Text with everything in it that XML, JSON, forms, URLs and headers have to escape. */
function text(): fc.Arbitrary<string> {
  const awkward = fc.constantFrom(
    "a b",
    "<&>\"'",
    "x=1&y=2",
    "%41+",
    "ação 漢字 🎉",
    'say "hi", ok',
    "a/b/../c",
    "line\r\nline",
    "\u0001\u0085\u2028",
  );
  return fc.oneof(fc.string({ minLength: 1, maxLength: 12 }), awkward);
}

function structure(schema: NormalizedSchema, depth: number): fc.Arbitrary<object> {
  const members: Record<string, fc.Arbitrary<unknown>> = {};
  const always: string[] = [];
  const required = requiredCount(schema);
  for (const [index, [name, member]] of [...schema.structIterator()].entries()) {
    const isAlways = index < required || member.isIdempotencyToken();
    if (!isAlways && depth >= DEEPEST && !isSimple(member)) continue;
    if (isAlways) always.push(name);
    members[name] = arbitraryOf(member, depth + 1);
  }
  return fc.record(members, { requiredKeys: always, noNullPrototype: true });
}

function isSimple(schema: NormalizedSchema): boolean {
  return !schema.isStructSchema() && !schema.isListSchema() && !schema.isMapSchema();
}

function requiredCount(schema: NormalizedSchema): number {
  const count = (schema.getSchema() as unknown as readonly unknown[])[6];
  return typeof count === "number" ? count : 0;
}

function union(schema: NormalizedSchema, depth: number): fc.Arbitrary<object> {
  const members = [...schema.structIterator()];
  return fc.oneof(
    ...members.map(([name, member]) =>
      fc.record({ [name]: arbitraryOf(member, depth + 1) }, { noNullPrototype: true }),
    ),
  );
}

/** Up to eleven items, so that the tenth of a form has to come after the ninth. */
function list(schema: NormalizedSchema, depth: number): fc.Arbitrary<unknown[]> {
  const item = arbitraryOf(schema.getValueSchema(), depth + 1);
  return depth >= 2 ? fc.array(item, { maxLength: 2 }) : fc.array(item, { maxLength: 11, size: "small" });
}

/** The SDK itself loses a key `__proto__`. */
function map(schema: NormalizedSchema, depth: number): fc.Arbitrary<object> {
  const key = text().filter((name) => name !== "__proto__");
  return fc.dictionary(key, arbitraryOf(schema.getValueSchema(), depth + 1), { maxKeys: 3, noNullPrototype: true });
}
