import { expect, it } from "vitest";
import { metricLines } from "../../src/terminal/metric-lines.ts";
import { styleFor } from "../../src/terminal/style.ts";
import { widthOf } from "../../src/terminal/text.ts";

const style = styleFor(false, { NO_COLOR: "1" });

it("a metric is a line of bars and what they come to, and fits a narrow terminal", () => {
  const values = Array.from({ length: 60 }, (_, index) => (index < 30 ? undefined : index));
  const metrics = [
    { name: "cpu", unit: "%", values },
    { name: "p99", unit: "ms", values: values.map(() => undefined) },
  ];
  const lines = metricLines(metrics, style, 80);
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(80);
  expect(lines[1]).toMatch(/^cpu {2}\s{10,}[▁▂▃▄▅▆▇█]+\s+59 %\s+30 %\s+45 %\s+59 %$/);
  expect(lines[2]).toMatch(/^p99 .* no data$/);
});
