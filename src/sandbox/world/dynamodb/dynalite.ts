import batchGetItem from "dynalite/actions/batchGetItem.js";
import batchWriteItem from "dynalite/actions/batchWriteItem.js";
import deleteItem from "dynalite/actions/deleteItem.js";
import getItem from "dynalite/actions/getItem.js";
import putItem from "dynalite/actions/putItem.js";
import query from "dynalite/actions/query.js";
import scan from "dynalite/actions/scan.js";
import updateItem from "dynalite/actions/updateItem.js";
import * as batchGetItemRules from "dynalite/validations/batchGetItem.js";
import * as batchWriteItemRules from "dynalite/validations/batchWriteItem.js";
import * as createTableRules from "dynalite/validations/createTable.js";
import * as deleteItemRules from "dynalite/validations/deleteItem.js";
import * as getItemRules from "dynalite/validations/getItem.js";
import * as putItemRules from "dynalite/validations/putItem.js";
import * as queryRules from "dynalite/validations/query.js";
import * as scanRules from "dynalite/validations/scan.js";
import * as updateItemRules from "dynalite/validations/updateItem.js";

/** What dynalite does with items, by operation. */
export const ACTIONS = {
  BatchGetItem: [batchGetItem, batchGetItemRules],
  BatchWriteItem: [batchWriteItem, batchWriteItemRules],
  DeleteItem: [deleteItem, deleteItemRules],
  GetItem: [getItem, getItemRules],
  PutItem: [putItem, putItemRules],
  Query: [query, queryRules],
  Scan: [scan, scanRules],
  UpdateItem: [updateItem, updateItemRules],
} as const;

/** What dynalite says about the input of CreateTable. */
export const TABLE_RULES = createTableRules;
