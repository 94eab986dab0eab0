import type { Programs } from "../program.ts";
import { accountPrograms } from "./accounts.ts";
import { awsPrograms } from "./aws.ts";
import { becomePrograms } from "./become.ts";
import { cloudInitPrograms } from "./cloud-init.ts";
import { curlPrograms } from "./curl.ts";
import { dnfPrograms } from "./dnf.ts";
import { dockerPrograms } from "./docker.ts";
import { filePrograms } from "./files.ts";
import { gitPrograms } from "./git.ts";
import { hostPrograms } from "./host.ts";
import { jqPrograms } from "./jq.ts";
import { listingPrograms } from "./listing.ts";
import { shellPrograms } from "./shell.ts";
import { storagePrograms } from "./storage.ts";
import { systemctlPrograms } from "./systemctl.ts";
import { toolPrograms } from "./tools.ts";
import { zipPrograms } from "./zip.ts";

/** All commands of the machine that are ours, by name. Those that a package brings work once it is installed. */
export const programs: Programs = {
  ...accountPrograms,
  ...awsPrograms,
  ...becomePrograms,
  ...cloudInitPrograms,
  ...curlPrograms,
  ...dnfPrograms,
  ...dockerPrograms,
  ...filePrograms,
  ...gitPrograms,
  ...hostPrograms,
  ...jqPrograms,
  ...listingPrograms,
  ...shellPrograms,
  ...storagePrograms,
  ...systemctlPrograms,
  ...toolPrograms,
  ...zipPrograms,
};
