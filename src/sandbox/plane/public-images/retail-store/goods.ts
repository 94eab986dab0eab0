/** Something that the shop sells. */
export interface Product {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly imageUrl: string;
  /** Whole dollars. */
  readonly price: number;
  /** How many there are. */
  readonly count: number;
  /** Names of tags. */
  readonly tag: readonly string[];
}

/** A sort of goods. */
export interface Tag {
  readonly name: string;
  readonly displayName: string;
}

/** As the shop has them. */
export const TAGS: readonly Tag[] = [
  { name: "smart", displayName: "Smart" },
  { name: "dress", displayName: "Dress" },
  { name: "luxury", displayName: "Luxury" },
  { name: "casual", displayName: "Casual" },
];

/** The shop's, and those that its user interface shows without a catalog. */
export const PRODUCTS: readonly Product[] = [
  good("pocket-watch", "Pocket Watch", 385, ["dress"]),
  good("wood-watch", "Wood Watch", 50, ["casual"]),
  good("gentleman", "Gentleman", 795, ["smart", "luxury"]),
  good("classic-watch", "The Classic", 650, ["dress", "luxury"]),
  good("smart-one", "Smart One", 199, ["smart"]),
  good("weekend", "Weekend", 75, ["casual"]),
];

function good(id: string, name: string, price: number, tag: readonly string[]): Product {
  return {
    id,
    name,
    description: `${name}, made to tell the time.`,
    imageUrl: `/assets/${id}.svg`,
    price,
    count: 100,
    tag,
  };
}
