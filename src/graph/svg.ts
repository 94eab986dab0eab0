import type { Layout } from "./layout.ts";

/** Its own style, so that the picture is right in a README, light or dark. */
const STYLE = `
  text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: #1f2933; }
  .kind { font-size: 10px; fill: #616e7c; }
  .stage { fill: #f5f7fa; stroke: #cbd2d9; }
  .stage-title { font-weight: 600; font-size: 13px; }
  .task { fill: #ffffff; stroke: #9aa5b1; }
  .edge { fill: none; stroke: #7b8794; stroke-width: 1.2; }
  .across { stroke-dasharray: 5 4; opacity: 0.45; }
  .tip { fill: #7b8794; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7eb; }
    .kind { fill: #9aa5b1; }
    .stage { fill: #1f2933; stroke: #3e4c59; }
    .task { fill: #323f4b; stroke: #616e7c; }
  }`;

/** A title longer than its box is cut: about so many signs fit. */
const FITTING = 31;

/** A graph that is laid out, as an SVG document of its own. */
export function svg(layout: Layout, title: string): string {
  const { width, height } = layout;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
    ...layout.stages.map(
      (stage) =>
        `<rect class="stage" ${frame(stage)} rx="10"/><text class="stage-title" x="${round(stage.x + 14)}" y="${round(stage.y + 24)}">${escaped(stage.title)}</text>`,
    ),
    ...layout.edges.map(
      ({ points, isAcross }) =>
        `<path class="edge${isAcross ? " across" : ""}" marker-end="url(#tip)" d="${path(points)}"/>`,
    ),
    ...layout.tasks.map(
      (task) =>
        `<g><title>${escaped(task.title)}</title><rect class="task" ${frame(task)} rx="6"/>` +
        `<text x="${round(task.x + 10)}" y="${round(task.y + 19)}">${escaped(fitting(task.title))}</text>` +
        `<text class="kind" x="${round(task.x + 10)}" y="${round(task.y + 34)}">${escaped(task.kind)}</text></g>`,
    ),
    "</svg>",
  ].join("\n");
}

function frame({ x, y, width, height }: Layout["stages"][number] | Layout["tasks"][number]): string {
  return `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
}

function path(points: Layout["edges"][number]["points"]): string {
  return points.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${round(x)} ${round(y)}`).join("");
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}

function fitting(text: string): string {
  return text.length <= FITTING ? text : `${text.slice(0, FITTING - 1)}…`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
