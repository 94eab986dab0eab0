import type { Region } from "../region.ts";
import type { ItemStore } from "./item-store.ts";

/** The store of each region, opened when it is first needed: dynalite is not loaded before. */
export class ItemStores {
  readonly #stores = new Map<string, Promise<ItemStore>>();

  of(region: Region): Promise<ItemStore> {
    let store = this.#stores.get(region.name);
    if (!store) {
      store = import("./item-store.ts").then(({ ItemStore }) => ItemStore.open(region));
      this.#stores.set(region.name, store);
    }
    return store;
  }
}
