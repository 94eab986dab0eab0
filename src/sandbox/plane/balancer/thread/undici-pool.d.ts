/** What undici is loaded by where nothing else of it is wanted: half the memory. */
declare module "undici/lib/dispatcher/pool.js" {
  export { Pool as default } from "undici";
}
