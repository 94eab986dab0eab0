import path from "node:path";

/** Variables for runs of the command line: the course's, with an app that is built and up within a second. */
export default { app: { source: path.join(import.meta.dirname, "tiny-app") } };
