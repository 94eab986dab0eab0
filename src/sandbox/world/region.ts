import type { REGIONAL } from "./records.ts";
import type { Table } from "./table.ts";

/** The tables of a service, by the kind of record. */
export type TablesOf<Kinds> = {
  readonly [Kind in keyof Kinds]: Kinds[Kind] extends (record: infer Record extends object) => string
    ? Table<Record>
    : never;
};

/** A region of the account: its tables by service, e.g. `region.ec2.instances`. */
export type Region = { readonly name: string } & {
  readonly [Service in keyof typeof REGIONAL]: TablesOf<(typeof REGIONAL)[Service]>;
};
