import { secretNamed } from "../aws/secrets.ts";
import { Explained } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import type { RdsAccess } from "../remote/app/rds-access.ts";
import { databasePlace } from "../target.ts";
import { runInForeground } from "../terminal/foreground.ts";
import { databaseAtHand } from "./database-at-hand.ts";
import { inSession, tell } from "./in-session.ts";
import { type MachineOptions, machineNamed, runningInstance } from "./on-work-machine.ts";
import type { Surroundings } from "./run-on-stack.ts";
import type { Session } from "./session.ts";

/** Options of `bia-infra db`. */
export interface DbOptions extends MachineOptions {
  /** Only say how to connect. */
  readonly print?: boolean;
  /** What psql is called with besides. */
  readonly args?: readonly string[];
}

/** A place of this computer at which a database answers. */
interface Way {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * `bia-infra db [-- psql arguments]`: psql on the stack's database. On aws the way there leads over the work machine,
 * because the database is not public. The password is in psql's environment, and in no argument and no output. Answers
 * psql's exit code.
 */
export function dbCommand(options: DbOptions, surroundings: Surroundings): Promise<number> {
  return inSession("db", options, surroundings, async (session) => {
    const { identifier, access } = await databaseAtHand(session);
    if (options.print) {
      process.stdout.write(await howToConnect(session, identifier, access));
      return EXIT.done;
    }
    const way = await wayTo(session, identifier, access);
    try {
      return await runInForeground("psql", options.args ?? [], await environmentOf(session, access, way));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      tell("psql is not installed here (Debian and Ubuntu: postgresql-client; macOS: brew install libpq)", options);
      process.stdout.write(await howToConnect(session, identifier, access));
      return EXIT.failed;
    } finally {
      await way.close();
    }
  });
}

async function wayTo(session: Session, identifier: string, { address, port }: RdsAccess): Promise<Way> {
  const { target, clients } = session;
  if (target.name === "sandbox") return { ...(await onThisComputer(session, identifier)), close: async () => {} };
  const instanceId = await workMachineOf(session);
  const { forwardPort } = await import("../remote/session-manager.ts");
  return forwardPort(clients.ssm, { region: target.region, instanceId, host: address, port });
}

async function onThisComputer({ target }: Session, identifier: string): Promise<{ host: string; port: number }> {
  const place = await databasePlace(target.region, identifier);
  if (place) return place;
  throw new Explained(`the database ${identifier} lets nobody in at the moment`, "Run the same command again.");
}

function workMachineOf(session: Session): Promise<string> {
  return runningInstance(session, machineNamed(session.stack, undefined));
}

/** Nothing of a person's own settings for other databases. */
async function environmentOf(
  { clients }: Session,
  { username, name, passwordParameter }: RdsAccess,
  { host, port }: Way,
): Promise<NodeJS.ProcessEnv> {
  const others = Object.entries(process.env).filter(([key]) => !key.startsWith("PG"));
  return {
    ...Object.fromEntries(others),
    PGHOST: host,
    PGPORT: `${port}`,
    PGUSER: username,
    PGDATABASE: name,
    PGPASSWORD: await secretNamed(clients.ssm, passwordParameter),
    PGSSLMODE: "require",
  };
}

/** A port of a person's computer that nothing else is likely to have. */
const LOCAL_PORT = 15_432;

/** Without the password, which anybody who may read it reads by the last of these lines. */
async function howToConnect(session: Session, identifier: string, access: RdsAccess): Promise<string> {
  const { target } = session;
  const { address, port, username, name, passwordParameter } = access;
  const isSandbox = target.name === "sandbox";
  const place = isSandbox ? await onThisComputer(session, identifier) : { host: "127.0.0.1", port: LOCAL_PORT };
  const before = isSandbox
    ? 'eval "$(bia-infra sandbox env)"'
    : `aws ssm start-session --region ${target.region} --target ${await workMachineOf(session)} --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters host=${address},portNumber=${port},localPortNumber=${LOCAL_PORT} &`;
  const password = `aws ssm get-parameter --region ${target.region} --name ${passwordParameter} --with-decryption --query Parameter.Value --output text`;
  const facts = {
    host: place.host,
    port: place.port,
    database: name,
    user: username,
    password: `in the SSM parameter ${passwordParameter}`,
    TLS: "required; sslmode=require",
  };
  return [
    ...Object.entries(facts).map(([key, value]) => `${key.padEnd(10)}${value}`),
    "",
    before,
    `PGPASSWORD=$(${password}) psql "host=${place.host} port=${place.port} dbname=${name} user=${username} sslmode=require"`,
    "",
  ].join("\n");
}
