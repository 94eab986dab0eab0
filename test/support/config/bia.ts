import { defineVariables } from "bia-infra";

/** The variables of commands that tests run in this folder: the course's, with an app that is up within a second. */
export default defineVariables({ app: { source: "../tiny-app" } });
