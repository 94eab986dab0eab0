import type { Box } from "../../graph/layout.ts";

/** The way that an arrow key points. */
const WAYS: Readonly<Record<string, { readonly x: number; readonly y: number }>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Where an arrow key points; undefined: it is another key. */
export function wayOf(key: string): { readonly x: number; readonly y: number } | undefined {
  return WAYS[key];
}

/** How much farther something counts for each pixel that it lies aside of the way. */
const ASIDE = 3;

/** The nearest of the boxes in a direction; undefined: there is none. */
export function neighbour<One extends Box>(
  boxes: readonly One[],
  from: Box,
  way: { readonly x: number; readonly y: number },
): One | undefined {
  const far = (box: Box) => {
    const x = box.x + box.width / 2 - from.x - from.width / 2;
    const y = box.y + box.height / 2 - from.y - from.height / 2;
    const ahead = x * way.x + y * way.y;
    return ahead > 1 ? ahead + ASIDE * Math.abs(x * way.y + y * way.x) : Number.POSITIVE_INFINITY;
  };
  const [nearest] = boxes.toSorted((a, b) => far(a) - far(b));
  return nearest && Number.isFinite(far(nearest)) ? nearest : undefined;
}
