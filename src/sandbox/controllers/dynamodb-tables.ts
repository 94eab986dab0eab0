import type { Table } from "../world/records.ts";
import type { Region, World } from "../world/world.ts";

/** Ends what is being done to tables: they become active, or are gone. */
export function controlDynamodbTables(world: World): void {
  function end(region: Region, { TableName, TableId, hidden: { dueAt } }: Table): void {
    const { tables } = region.dynamodb;
    const table = tables.get(TableName);
    if (table?.TableId !== TableId || table.hidden.dueAt?.getTime() !== dueAt?.getTime()) return;
    if (table.TableStatus === "DELETING") tables.delete(TableName);
    else tables.update(TableName, settle);
  }

  function plan(region: Region, table: Table): void {
    if (table.hidden.dueAt) world.at(table.hidden.dueAt, () => end(region, table));
  }

  world.watch("dynamodb", "tables", (region, { before, after }) => {
    if (after && after.hidden.dueAt?.getTime() !== before?.hidden.dueAt?.getTime()) plan(region, after);
  });
  for (const region of world.regions()) for (const table of region.dynamodb.tables.all()) plan(region, table);
}

function settle(draft: Table): void {
  draft.TableStatus = "ACTIVE";
  delete draft.hidden.dueAt;
  const indexes = draft.GlobalSecondaryIndexes?.filter(({ IndexStatus }) => IndexStatus !== "DELETING") ?? [];
  if (indexes.length === 0) delete draft.GlobalSecondaryIndexes;
  else
    draft.GlobalSecondaryIndexes = indexes.map(({ Backfilling: _, ...index }) => ({ ...index, IndexStatus: "ACTIVE" }));
}
