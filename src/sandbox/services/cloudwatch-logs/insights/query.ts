/** A value of a field. */
export type Value = string | number | boolean;

/** What is worked out of an event, or of a group of them. */
export type Expression =
  | { readonly is: "value"; readonly value: Value }
  | { readonly is: "field"; readonly name: string }
  | { readonly is: "call"; readonly name: string; readonly of: readonly Expression[] }
  | { readonly is: "operation"; readonly sign: string; readonly of: readonly Expression[] }
  | { readonly is: "like"; readonly what: Expression; readonly pattern: RegExp }
  | { readonly is: "in"; readonly what: Expression; readonly list: readonly Expression[] };

/** An expression under a name. */
export interface Column {
  readonly name: string;
  readonly expression: Expression;
}

/** One step of a query. */
export type Command =
  | { readonly is: "fields" | "display"; readonly columns: readonly Column[] }
  | { readonly is: "filter"; readonly condition: Expression }
  | { readonly is: "stats"; readonly columns: readonly Column[]; readonly by: readonly Column[] }
  | { readonly is: "sort"; readonly by: readonly { readonly expression: Expression; readonly down: boolean }[] }
  | { readonly is: "dedup"; readonly by: readonly Column[] }
  | { readonly is: "limit"; readonly most: number };
