import type { Reporter, TestModule } from "vitest/node";

/** Says once, at the end of a run, what was not tested and why, and what passed only when it was tried again. */
export default class ClosingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const reasons = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const { note } = test.result() as { note?: string };
        if (note !== undefined) reasons.set(note, (reasons.get(note) ?? 0) + 1);
      }
      for (const test of module.children.allTests("passed")) {
        if (!test.diagnostic()?.flaky) continue;
        const [error] = test.result().errors ?? [];
        console.log(`Passed only at the second try: ${module.relativeModuleId} > ${test.fullName}: ${error?.message}`);
      }
    }
    for (const [reason, count] of reasons) {
      console.log(`${count} ${count === 1 ? "test" : "tests"} skipped: ${reason}.`);
    }
  }
}
