/** So many of something in a cart. */
export interface Item {
  readonly itemId: string;
  readonly quantity: number;
  readonly unitPrice: number;
}

/** Where carts are kept, by customer. */
export interface Carts {
  items(customer: string): Promise<readonly Item[]>;
  /** Adds something that is new, and one more of what is there. */
  add(customer: string, item: Item): Promise<Item>;
  /** Changes something that is there. */
  update(customer: string, item: Item): Promise<void>;
  remove(customer: string, itemId: string): Promise<void>;
}

/** Carts for as long as the program runs. */
export class MemoryCarts implements Carts {
  readonly #carts = new Map<string, Map<string, Item>>();

  async items(customer: string): Promise<readonly Item[]> {
    return [...(this.#carts.get(customer)?.values() ?? [])];
  }

  async add(customer: string, { itemId, quantity, unitPrice }: Item): Promise<Item> {
    const cart = this.#carts.get(customer) ?? new Map<string, Item>();
    const present = cart.get(itemId);
    // What is new is there once, whatever its quantity: so the app does it.
    const item = present ? { ...present, quantity: present.quantity + quantity } : { itemId, quantity: 1, unitPrice };
    this.#carts.set(customer, cart.set(itemId, item));
    return item;
  }

  async update(customer: string, item: Item): Promise<void> {
    const cart = this.#carts.get(customer);
    if (cart?.has(item.itemId)) cart.set(item.itemId, item);
  }

  async remove(customer: string, itemId: string): Promise<void> {
    this.#carts.get(customer)?.delete(itemId);
  }
}
