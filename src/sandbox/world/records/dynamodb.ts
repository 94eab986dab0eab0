import type * as dynamodb from "@aws-sdk/client-dynamodb";
import type { Known } from "./known.ts";

/** A table without its items, which are entries. */
export type Table = Known<
  dynamodb.TableDescription,
  "TableName" | "TableArn" | "TableId" | "TableStatus" | "KeySchema" | "AttributeDefinitions" | "CreationDateTime"
> & {
  hidden: {
    tags: dynamodb.Tag[];
    /** When what is being done to it is done; undefined: nothing is. */
    dueAt?: Date;
  };
};

/** An item of a table, or of one of its indexes, under the key that dynalite gives it. */
export interface TableEntry {
  key: string;
  /** In the wire's JSON. */
  item: object;
}
