import { existsSync, readFileSync } from "node:fs";

/** Hosts that are reached without TLS: this machine, and the `database` service of compose.yml. */
const LOCAL_HOSTS = new Set(["localhost", "127.0.0.1", "::1", "database"]);

/** Where the RDS certificate bundle is looked for, relative to the app's folder. */
const RDS_CA_BUNDLE = "certs/rds-global-bundle.pem";

/**
 * TLS options for a database host: none for a local one. Any other host is always encrypted, and its certificate is
 * verified when the RDS bundle is there (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html).
 *
 * @param {string} host
 */
function tlsFor(host) {
  if (LOCAL_HOSTS.has(host)) return {};
  if (!existsSync(RDS_CA_BUNDLE)) return { ssl: { rejectUnauthorized: false } };
  return { ssl: { rejectUnauthorized: true, ca: readFileSync(RDS_CA_BUNDLE, "utf8") } };
}

/**
 * The database connection that the environment names, for the server and for `npx sequelize` alike.
 * Without variables it is the `database` service of compose.yml as seen from its host.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export function databaseConfig(env) {
  const host = env.DB_HOST || "127.0.0.1";
  return {
    dialect: /** @type {const} */ ("postgres"),
    username: env.DB_USER || "postgres",
    password: env.DB_PWD || "postgres",
    host,
    port: Number(env.DB_PORT || 5433),
    database: env.DB_NAME || "bia",
    dialectOptions: tlsFor(host),
  };
}

export default databaseConfig(process.env);
