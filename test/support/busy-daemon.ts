/** A sandbox that claims its home and then is busy for ever, as a process: `node --import tsx busy-daemon.ts <home>`. */

import { claimHome } from "../../src/sandbox/claim.ts";
import { guardClaim } from "../../src/sandbox/guard.ts";
import { sandboxHome } from "../../src/sandbox/home.ts";

const claim = await claimHome(sandboxHome({ BIA_SANDBOX_HOME: process.argv[2] ?? "" }), 0);
if (claim) guardClaim(claim);
for (;;);
