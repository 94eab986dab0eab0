import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Folders whose tests run whole stacks. */
const LONG = ["journeys", "faults", "commands", "kinds"];

/**
 * Long files before short ones, so that a run does not end with one of them alone: these folders first, and what Vitest
 * knows of the files (how long the last run took, or else how large they are) within each.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((one, other) => rankOf(one) - rankOf(other));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONG.findIndex((folder) => moduleId.includes(`/test/${folder}/`));
  return rank === -1 ? LONG.length : rank;
}
