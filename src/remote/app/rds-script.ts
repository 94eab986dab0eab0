import { type AppRun, BIA, compose, quoted, startApp, usesSequelize } from "./compose.ts";
import { exportAccess, type RdsAccess } from "./rds-access.ts";

/** Seconds that a new endpoint's name may take to be known, and its server to answer. */
const REACHED_WITHIN = 180;

/**
 * Makes a database on RDS and its tables with the app's own command, in a container of the app's server image. `db:create` fails when the database is there already.
 */
export function rdsMigrateScript(app: AppRun, database: RdsAccess): string {
  const { traits = BIA } = app;
  const inImage = (command: string) =>
    `docker run --rm -e DB_HOST -e DB_PORT -e DB_USER -e DB_NAME -e DB_PWD "$image" ${command}`;
  const sequelize = (command: string) => inImage(`bash -c 'npx sequelize ${command}'`);
  const isSequelize = usesSequelize(traits);
  return `server=$(${compose(app, `ps --all --quiet ${traits.service}`)})
if [ -z "$server" ]; then
  ${startApp(app)}
  server=$(${compose(app, `ps --all --quiet ${traits.service}`)})
fi
image=$(docker inspect --format '{{.Image}}' "$server")
${exportAccess(database, app.region)}
end=$(($(date +%s) + ${REACHED_WITHIN}))
until said=$(${isSequelize ? sequelize("db:create") : inImage(traits.migrate.map(quoted).join(" "))} 2>&1 < /dev/null); do
  case "$said" in
${isSequelize ? '    *"already exists"*) break ;;\n' : ""}    *ECONNREFUSED*|*ECONNRESET*|*ENOTFOUND*|*EAI_AGAIN*|*"starting up"*|*"shutting down"*)
      if [ "$(date +%s)" -ge "$end" ]; then echo "$said"; exit 1; fi
      sleep 0.2 ;;
    *) echo "$said"; exit 1 ;;
  esac
done
${isSequelize ? `${sequelize("db:migrate")} < /dev/null` : 'echo "$said"'}
`;
}
