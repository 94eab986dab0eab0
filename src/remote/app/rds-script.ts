import { type AppRun, compose, startApp } from "./compose.ts";
import { exportAccess, type RdsAccess } from "./rds-access.ts";

/** Seconds that a new endpoint's name may take to be known, and its server to answer. */
const REACHED_WITHIN = 180;

/**
 * Makes a database on RDS and its tables with the course's commands, in a container of the app's server image. `db:create` fails when the database is there already.
 */
export function rdsMigrateScript(app: AppRun, database: RdsAccess): string {
  const sequelize = (command: string) =>
    `docker run --rm -e DB_HOST -e DB_PORT -e DB_USER -e DB_NAME -e DB_PWD "$image" bash -c 'npx sequelize ${command}'`;
  return `server=$(${compose(app, "ps --all --quiet server")})
if [ -z "$server" ]; then
  ${startApp(app)}
  server=$(${compose(app, "ps --all --quiet server")})
fi
image=$(docker inspect --format '{{.Image}}' "$server")
${exportAccess(database, app.region)}
end=$(($(date +%s) + ${REACHED_WITHIN}))
until said=$(${sequelize("db:create")} 2>&1 < /dev/null); do
  case "$said" in
    *"already exists"*) break ;;
    *ECONNREFUSED*|*ECONNRESET*|*ENOTFOUND*|*EAI_AGAIN*|*"starting up"*|*"shutting down"*)
      if [ "$(date +%s)" -ge "$end" ]; then echo "$said"; exit 1; fi
      sleep 0.2 ;;
    *) echo "$said"; exit 1 ;;
  esac
done
${sequelize("db:migrate")} < /dev/null
`;
}
