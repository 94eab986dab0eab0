import { defineVariables } from "bia-infra";

/** The whole shop, with the catalog's goods in MySQL. */
export default defineVariables({ stack: "retail", catalog: { persistence: "mysql" } });
