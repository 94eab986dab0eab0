/** How the app is spoken to on a machine: bash, run as root. */
import { type AppEnvironment, forgetEnvironment, writeEnvironment } from "./environment.ts";
import { exportAccess, placeOf, type RdsAccess } from "./rds-access.ts";

/** Where the app is on a machine and on which port it is served there. */
export interface AppServed {
  readonly folder: string;
  readonly user: string;
  readonly port: number;
}

/** What is known of an app before it is asked. */
export interface AppTraits {
  /** The service of its compose file that serves it. */
  readonly service: string;
  /** `text` is in what it answers with 200 at `path`; at `data` it does so once its database is migrated. */
  readonly health: { readonly path: string; readonly text: string; readonly data: string };
  /** The command that migrates its database. */
  readonly migrate: readonly string[];
}

/** The course's app. */
export const BIA: AppTraits = {
  service: "server",
  health: { path: "/api/versao", text: "Bia", data: "/api/tarefas" },
  migrate: ["npx", "sequelize", "db:migrate"],
};

/** The app on a machine, and the database that it uses. */
export interface AppRun extends AppServed {
  /** On RDS; absent: the one of its compose file. */
  readonly rds?: RdsAccess | undefined;
  /** Where RDS's database and its password are. */
  readonly region: string;
  /** What is written into its `.env`; absent: nothing is, and what was there of it before is taken out. */
  readonly environment?: AppEnvironment | undefined;
  /** Default: bia's. */
  readonly traits?: AppTraits;
}

/** Sequelize makes the database itself, too, which other commands take for granted. */
export function usesSequelize({ migrate }: AppTraits): boolean {
  return migrate.join(" ") === BIA.migrate.join(" ");
}

/** A word of a shell's command line. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The receipts that a machine carries for the app. */
export const APP_RECEIPTS = { source: "app-source", up: "app-up", database: "app-database" } as const;

/** A docker compose command on the app, as its user and with its port; works in any folder. */
export function compose({ folder, user, port }: AppServed, command: string): string {
  // Written out each time: a shell function would hide from the sandbox's machine that its output is to be shown live.
  return `sudo -H -u ${user} env APP_PORT=${port} docker compose --project-directory ${folder} ${command}`;
}

/** A compose file of the machine's own, which gives the server another database than the app's own file does. */
const ON_RDS = "/usr/local/lib/bia-infra/app-on-rds.yml";

/**
 * Starts the app with the database that it is to use. On RDS the values come from the environment of this one command and
 * are in no file; the container has them, as the tasks of the cluster do.
 */
export function startApp({ rds, region, traits = BIA, ...app }: AppRun, options = ""): string {
  const { folder, user, port } = app;
  if (!rds) return compose(app, `up -d${options}`);
  const names = ["HOST", "PORT", "USER", "NAME", "PWD"].map((name) => `DB_${name}`);
  const lines = [
    "services:",
    `  ${traits.service}:`,
    "    environment:",
    ...names.map((name) => `      ${name}: "\${${name}}"`),
  ];
  return `mkdir -p ${ON_RDS.slice(0, ON_RDS.lastIndexOf("/"))}
printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")} > ${ON_RDS}
for file in compose.yaml compose.yml docker-compose.yml docker-compose.yaml; do
  if [ -f "${folder}/$file" ]; then break; fi
done
files="-f ${folder}/$file"
for file in compose.override.yaml compose.override.yml docker-compose.override.yml docker-compose.override.yaml; do
  if [ -f "${folder}/$file" ]; then files="$files -f ${folder}/$file"; break; fi
done
${exportAccess(rds, region)}
sudo -E -H -u ${user} env APP_PORT=${port} docker compose --project-directory ${folder} $files -f ${ON_RDS} up -d${options}
unset DB_PWD`;
}

/**
 * Builds and starts the app, then asks it until it answers: what is refused to others by a security group is so known to
 * have been up. docker compose builds and starts only what differs.
 */
export function upScript(app: AppRun): string {
  const { service, health } = app.traits ?? BIA;
  const url = quoted(`http://127.0.0.1:${app.port}${health.path}`);
  const environment = app.environment ? writeEnvironment(app.environment, app) : forgetEnvironment(app.folder);
  return `${environment}${startApp(app, " --build")}
end=$(($(date +%s) + 120))
while [ "$(date +%s)" -lt "$end" ]; do
  if said=$(curl -fsS --max-time 3 ${url} 2>/dev/null); then
    case "$said" in *${quoted(health.text)}*) echo "\${said:0:200}"; exit 0 ;; esac
  fi
  restarts=$(docker inspect --format '{{.RestartCount}}' $(${compose(app, `ps --all --quiet ${service}`)}) 2>/dev/null || echo 0)
  if [ "$restarts" -ge 5 ]; then break; fi
  sleep 0.1
done
${compose(app, "ps -a")}
${compose(app, "logs --no-color --tail 20")}
echo "The app does not answer on port ${app.port} of the machine; above is what it printed last."
exit 1
`;
}

/**
 * Makes the app's database and its tables, with its own command. Containers that died are started first.
 * \`db:create\` fails when the database is there already, and while the server behind it is still starting.
 */
export function migrateScript(app: AppRun): string {
  // The one on the machine is still starting, maybe; one on RDS was available when it was chosen.
  const looks = app.rds ? 12 : 60;
  const unreached = app.rds
    ? `echo "The app uses the database ${placeOf(app.rds)} on RDS, which does not answer."; `
    : "";
  const { traits = BIA } = app;
  const sequelize = (command: string) => compose(app, `exec -T ${traits.service} bash -c 'npx sequelize ${command}'`);
  const own = compose(app, `exec -T ${traits.service} ${traits.migrate.map(quoted).join(" ")}`);
  const isSequelize = usesSequelize(traits);
  return `${startApp(app)}
for look in $(seq 1 ${looks}); do
  if said=$(${isSequelize ? sequelize("db:create") : own} 2>&1 < /dev/null); then break; fi
  case "$said" in
${isSequelize ? '    *"already exists"*) break ;;\n' : ""}    *ECONNREFUSED*|*ECONNRESET*|*ENOTFOUND*|*EAI_AGAIN*|*"starting up"*|*"shutting down"*|*"not running"*|*"is restarting"*)
      if [ "$look" = ${looks} ]; then echo "$said"; ${unreached}exit 1; fi
      sleep 0.5 ;;
    *ETIMEDOUT*) echo "$said"; ${unreached}exit 1 ;;
    *) echo "$said"; exit 1 ;;
  esac
done
${isSequelize ? `${sequelize("db:migrate")} < /dev/null` : 'echo "$said"'}
`;
}
