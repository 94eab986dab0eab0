/** esbuild bundles it apart. */
declare module "*.css";
