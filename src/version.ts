/** Version of the product; a test keeps it equal to the one of package.json, which a bundle cannot read. */
export const VERSION = "0.1.0";
