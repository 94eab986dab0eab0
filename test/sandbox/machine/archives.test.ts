import { describe, expect, it } from "vitest";
import { boot, stdoutOf } from "./workbench.ts";

const MAKE = `cd /tmp; mkdir -p t/sub; printf '#!/bin/sh\\necho hi\\n' > t/run.sh; chmod 755 t/run.sh; ln -s run.sh t/link; echo x > t/sub/f`;
const LOOK = `ls -l copy/t | awk 'NR > 1 {print $1, $NF}'; copy/t/link`;
const SEEN = "lrwxrwxrwx. run.sh\n-rwxr-xr-x. run.sh\ndrwxr-xr-x. sub\nhi";

describe("archives made on a machine", () => {
  it.each([
    ["tar czf a.tgz t && mkdir copy && tar xzf a.tgz -C copy"],
    ["tar -cf - --exclude=none t | (mkdir copy && cd copy && tar xf -)"],
    ["mkdir copy && cp -a t copy/"],
    ["dnf install -y -q zip && zip -qry a.zip t && unzip -q a.zip -d copy"],
  ])("keep modes and links: %s", async (script) => {
    expect(await stdoutOf(boot(), `${MAKE}; ${script}; ${LOOK}`)).toBe(SEEN);
  });

  it("leave out what they are told to, and say what is not there", async () => {
    const machine = boot();
    expect(await stdoutOf(machine, `${MAKE}; tar --exclude=sub -cvf a.tar t; tar tf a.tar`)).toBe(
      "t/\nt/link\nt/run.sh\nt/\nt/link\nt/run.sh",
    );
    expect(await machine.run("cd /tmp; tar cf b.tar none")).toMatchObject({
      stderr:
        "tar: none: Cannot stat: No such file or directory\ntar: Exiting with failure status due to previous errors\n",
      exitCode: 2,
    });
    expect((await machine.run("unzip none")).stderr).toBe("unzip:  cannot find or open none, none.zip or none.ZIP.\n");
  });

  it("are how the AWS CLI is installed, though it is there", async () => {
    const machine = boot();
    const script = `cd /tmp; curl -s "https://awscli.amazonaws.com/awscli-exe-linux-x86_64.zip" -o awscliv2.zip
      unzip -q awscliv2.zip; ./aws/install; which aws; aws --version | cut -d. -f1`;
    expect(await stdoutOf(machine, script)).toBe("You can now run: /usr/bin/aws --version\n/usr/bin/aws\naws-cli/2");
  });
});
