import { EXIT } from "../engine/outcome.ts";
import { type MachineAtHand, type MachineOptions, onWorkMachine } from "./on-work-machine.ts";
import type { Surroundings } from "./run-on-stack.ts";

/** Options of `bia-infra ssh`. */
export interface SshOptions extends MachineOptions {
  /** A command to run instead of opening a shell. */
  readonly command?: readonly string[];
}

/**
 * `bia-infra ssh [machine] [command...]`: a shell on a machine, as the user whose the app is there. No port is opened and
 * no key is needed: on aws it is a Session Manager session, on the sandbox a prompt whose lines go through Run Command.
 * Answers the exit code of the command, or of the shell's last one.
 */
export function sshCommand(name: string | undefined, options: SshOptions, surroundings: Surroundings): Promise<number> {
  return onWorkMachine("ssh", name, options, surroundings, async (at) => {
    const { command = [] } = options;
    if (command.length > 0) return runOne(at, command.join(" "));
    const { target, clients } = at.session;
    if (target.name === "aws") {
      const { openSession } = await import("../remote/session-manager.ts");
      const { user } = at.machine.served;
      return openSession(clients.ssm, { region: target.region, instanceId: at.instanceId, user });
    }
    const { onMachineAs, openShell } = await import("./sandbox-shell.ts");
    const { user } = at.machine.served;
    const place = {
      prompt: `${user}@${at.machine.name}`,
      welcome: `${at.machine.name} (${at.instanceId}), a simulated machine. Leave with exit or Ctrl-D.`,
      execute: at.execute,
      ...onMachineAs(user),
    };
    return openShell(place, process, surroundings.signal);
  });
}

async function runOne(at: MachineAtHand, line: string): Promise<number> {
  // Encoded, so that nothing in it needs quoting; not sudo -i, whose login shell would expand variables first.
  const encoded = Buffer.from(`cd ~\n${line}`).toString("base64");
  const script = `sudo -H -u ${at.machine.served.user} bash -lc "$(echo ${encoded} | base64 -d)"`;
  const { stdout, stderr, exitCode } = await at.execute({ comment: "bia-infra ssh", script });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return exitCode < 0 ? EXIT.failed : exitCode;
}
