import type { NormalizedSchema } from "@smithy/core/schema";
import { dateToUtcString, NumericValue } from "@smithy/core/serde";
import { Malformed } from "./malformed.ts";

/** How a timestamp is written where its schema does not say. */
export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

/** Schema numbers of timestamps whose format is fixed by the model. */
const FIXED_FORMATS: Readonly<Record<number, TimestampFormat>> = {
  5: "date-time",
  6: "http-date",
  7: "epoch-seconds",
};

/**
 * Reads a simple value from text.
 *
 * @param at where the text stood, for the message
 * @throws Malformed if the text is no such value
 */
export function fromText(schema: NormalizedSchema, text: string, at: string): unknown {
  if (schema.isStringSchema()) return text;
  if (schema.isBooleanSchema()) return booleanFrom(text, at);
  if (schema.isNumericSchema()) return numberFrom(text, at);
  if (schema.isTimestampSchema()) return dateFrom(text, at);
  if (schema.isBlobSchema()) return new Uint8Array(Buffer.from(text, "base64"));
  if (schema.isBigIntegerSchema()) return BigInt(text);
  if (schema.isBigDecimalSchema()) return new NumericValue(text, "bigDecimal");
  throw new Malformed(at, "cannot be given as text");
}

/** Writes a simple value as text. */
export function toText(schema: NormalizedSchema, value: unknown, format: TimestampFormat): string {
  if (value instanceof Date) return dateToText(value, FIXED_FORMATS[Number(schema.getSchema())] ?? format);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof NumericValue) return value.string;
  return String(value);
}

function booleanFrom(text: string, at: string): boolean {
  const lower = text.toLowerCase();
  if (lower !== "true" && lower !== "false") throw new Malformed(at, `must be true or false, not '${text}'`);
  return lower === "true";
}

function numberFrom(text: string, at: string): number {
  const value = Number(text);
  const named = text === "NaN" || text === "Infinity" || text === "-Infinity";
  if (text.trim() === "" || (Number.isNaN(value) && !named)) throw new Malformed(at, `must be a number, not '${text}'`);
  return value;
}

/** All three formats tell themselves apart, so that what a client prefers does not matter. */
function dateFrom(text: string, at: string): Date {
  const seconds = Number(text);
  const date = text.trim() !== "" && !Number.isNaN(seconds) ? new Date(seconds * 1000) : new Date(text);
  if (Number.isNaN(date.getTime())) throw new Malformed(at, `must be a time, not '${text}'`);
  return date;
}

function dateToText(date: Date, format: TimestampFormat): string {
  if (format === "epoch-seconds") return String(date.getTime() / 1000);
  if (format === "http-date") return dateToUtcString(date);
  return date.toISOString().replace(".000Z", "Z");
}
