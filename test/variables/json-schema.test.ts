import { expect, it } from "vitest";
import * as z from "zod";
import { jsonSchema } from "../../src/variables/json-schema.ts";

// Read back by zod's own reader of JSON schemas, which knows nothing of ours.
const reader = z.fromJSONSchema(jsonSchema() as Parameters<typeof z.fromJSONSchema>[0]);
const accepts = (written: unknown) => reader.safeParse(written).success;

it("the JSON schema accepts an empty file, because every value has a default", () => {
  expect(accepts({})).toBe(true);
});

it("the JSON schema lets an editor name it in the file", () => {
  expect(accepts({ $schema: "./bia.schema.json", stack: "bia" })).toBe(true);
});

it("the JSON schema refuses what validate refuses in a single value", () => {
  expect(accepts({ devMachine: { appPort: 70_000 } })).toBe(false);
  expect(accepts({ devMachine: { apport: 3001 } })).toBe(false);
  expect(accepts({ region: "mars" })).toBe(false);
});

it("the JSON schema says in words what is allowed", () => {
  expect(JSON.stringify(jsonSchema())).toContain("a whole number of GiB from 20 to 65536");
});
