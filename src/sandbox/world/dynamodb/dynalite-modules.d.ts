/** Of dynalite, which has no types, what the sandbox uses: its store, and what it does with items. */
declare module "dynalite/db/index.js" {
  type Done = (error?: unknown) => void;

  export interface Store {
    readonly db: {
      batch(operations: { type: "put" | "del"; key: string; value?: object }[]): Promise<void>;
      on(event: "write", listener: (operations: { type: "put" | "del"; key: string; value: object }[]) => void): void;
    };
    getTable(name: string, checkStatus: boolean | GotTable, done?: GotTable): void;
    deleteItemDb(table: string, done: Done): void;
    deleteIndexDb(type: "Local" | "Global", table: string, index: string, done: Done): void;
  }
  /** With the table's description. */
  export type GotTable = (error: unknown, table?: object) => void;
  /** An error that is an answer. */
  export interface Refusal {
    readonly statusCode: number;
    readonly body: { readonly __type: string; readonly message?: string; readonly Message?: string };
  }
  export function create(options: object): Store;
  export function updateIndexes(
    store: Store,
    table: object,
    before: object | undefined,
    item: object,
    done: Done,
  ): void;
}

declare module "dynalite/validations/index.js" {
  import type { Store } from "dynalite/db/index.js";

  export function checkTypes(data: object, types: object): object;
  export function checkValidations(data: object, types: object, custom: unknown, store: Store): void;
}

declare module "dynalite/validations/*.js" {
  export const types: object;
  export const custom: unknown;
}

declare module "dynalite/actions/*.js" {
  import type { Store } from "dynalite/db/index.js";

  export default function action(store: Store, data: object, done: (error: unknown, answer?: object) => void): void;
}
