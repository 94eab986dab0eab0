import { type AppServed, compose } from "./compose.ts";

/** A database on RDS and who may change it. */
export interface RdsAccess {
  readonly address: string;
  readonly port: number;
  readonly username: string;
  /** Of the database itself, which need not be there yet. */
  readonly name: string;
  /** Name of the SecureString parameter that holds the password. */
  readonly passwordParameter: string;
}

/** Seconds that a new endpoint's name may take to be known, and its server to answer. */
const REACHED_WITHIN = 180;

/**
 * Makes a database on RDS and its tables with the course's commands, in a container of the app's server image. The
 * machine reads the password itself and hands it on in the environment: it is in no command, no file and no output.
 * `db:create` fails when the database is there already.
 */
export function rdsMigrateScript(app: AppServed, database: RdsAccess, region: string): string {
  const { address, port, username, name, passwordParameter } = database;
  const sequelize = (command: string) =>
    `docker run --rm -e DB_HOST -e DB_PORT -e DB_USER -e DB_NAME -e DB_PWD "$image" bash -c 'npx sequelize ${command}'`;
  return `server=$(${compose(app, "ps --all --quiet server")})
if [ -z "$server" ]; then
  ${compose(app, "up -d")}
  server=$(${compose(app, "ps --all --quiet server")})
fi
image=$(docker inspect --format '{{.Image}}' "$server")
DB_PWD=$(aws ssm get-parameter --region ${region} --name ${quote(passwordParameter)} --with-decryption --query Parameter.Value --output text)
DB_HOST=${quote(address)}
DB_PORT=${port}
DB_USER=${quote(username)}
DB_NAME=${quote(name)}
export DB_HOST DB_PORT DB_USER DB_NAME DB_PWD
end=$(($(date +%s) + ${REACHED_WITHIN}))
until said=$(${sequelize("db:create")} 2>&1 < /dev/null); do
  case "$said" in
    *"already exists"*) break ;;
    *ECONNREFUSED*|*ECONNRESET*|*ENOTFOUND*|*EAI_AGAIN*|*"starting up"*|*"shutting down"*)
      if [ "$(date +%s)" -ge "$end" ]; then echo "$said"; exit 1; fi
      sleep 0.5 ;;
    *) echo "$said"; exit 1 ;;
  esac
done
${sequelize("db:migrate")} < /dev/null
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
