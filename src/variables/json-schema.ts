import * as z from "zod";
import { allSchemas } from "./schemas.ts";

/**
 * The JSON schema (draft 2020-12) of a variables file, for editors and for tools that generate `.json` variables. Its
 * descriptions say what is allowed; rules between several values are beyond it and only `validate` knows them.
 */
export function jsonSchema(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Variables of bia-infra",
    anyOf: allSchemas.map(ofSchema),
  };
}

function ofSchema(schema: z.core.$ZodType): object {
  const { $schema: _, properties, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return { ...rest, properties: { $schema: { type: "string" }, ...properties } };
}
