import { FolderLost } from "../journal.ts";
import { Unsaved } from "../unsaved.ts";
import { NoLogGroup } from "./logs.ts";

/** Lets pass that an event cannot be kept: its group was deleted, or there is no room for more. Throws what is anything else. */
export function ignoreLoss(error: Error): void {
  const isLoss = error instanceof NoLogGroup || error instanceof Unsaved || error instanceof FolderLost;
  if (!isLoss) throw error;
}
