/** How the app is spoken to on a machine: bash, run as root. */

/** Where the app is on a machine and on which port it is served there. */
export interface AppServed {
  readonly folder: string;
  readonly user: string;
  readonly port: number;
}

/** The receipts that a machine carries for the app. */
export const APP_RECEIPTS = { source: "app-source", up: "app-up", database: "app-database" } as const;

/** A docker compose command on the app, as its user and with its port; works in any folder. */
export function compose({ folder, user, port }: AppServed, command: string): string {
  // Written out each time: a shell function would hide from the sandbox's machine that its output is to be shown live.
  return `sudo -H -u ${user} env APP_PORT=${port} docker compose --project-directory ${folder} ${command}`;
}

/**
 * Builds and starts the app, then asks it until it answers: what is refused to others by a security group is so known to
 * have been up. docker compose builds and starts only what differs.
 */
export function upScript(app: AppServed): string {
  return `${compose(app, "up -d --build")}
end=$(($(date +%s) + 120))
while [ "$(date +%s)" -lt "$end" ]; do
  if curl -fsS --max-time 3 http://127.0.0.1:${app.port}/api/versao 2>/dev/null; then echo; exit 0; fi
  restarts=$(docker inspect --format '{{.RestartCount}}' $(${compose(app, "ps --all --quiet server")}) 2>/dev/null || echo 0)
  if [ "$restarts" -ge 5 ]; then break; fi
  sleep 0.5
done
${compose(app, "ps -a")}
${compose(app, "logs --no-color --tail 20")}
echo "The app does not answer on port ${app.port} of the machine; above is what it printed last."
exit 1
`;
}

/**
 * Makes the app's database and its tables, with the course's commands. Containers that died are started first.
 * \`db:create\` fails when the database is there already, and while the server behind it is still starting.
 */
export function migrateScript(app: AppServed): string {
  const sequelize = (command: string) => compose(app, `exec -T server bash -c 'npx sequelize ${command}'`);
  return `${compose(app, "up -d")}
for look in $(seq 1 60); do
  if said=$(${sequelize("db:create")} 2>&1 < /dev/null); then break; fi
  case "$said" in
    *"already exists"*) break ;;
    *ECONNREFUSED*|*ECONNRESET*|*ENOTFOUND*|*EAI_AGAIN*|*"starting up"*|*"shutting down"*|*"not running"*|*"is restarting"*)
      if [ "$look" = 60 ]; then echo "$said"; exit 1; fi
      sleep 0.5 ;;
    *) echo "$said"; exit 1 ;;
  esac
done
${sequelize("db:migrate")} < /dev/null
`;
}
