import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HostAddress, hostAddress } from "../../provider/kernel/host-address.js";
import { Run } from "../../provider/lifecycle/run.js";
import { product } from "../../provider/product.js";
import { output } from "../support/host.js";
import { lifecycleIn } from "../support/lifecycles.js";
import { type SshHost, sshHost, whyNoSsh } from "../support/ssh-host.js";
import { BUSYBOX } from "../support/tool-answers.js";
import { closeConnections, connections, runThere } from "./over-ssh.js";

/** Puts another file in the place of a tool, for this host alone. */
const instead = (tool: string, make: string) => `file=$(readlink -f "$(command -v ${tool})")
${make}
chmod 755 /run/${tool}
mount --bind /run/${tool} "$file"`;
const says = (tool: string, text: string) =>
  instead(
    tool,
    `printf '#!/bin/sh\\ncat <<END >&2\\n%s\\nEND\\nexit 1\\n' '${text.replaceAll("'", "")}' >/run/${tool}`,
  );
/** A real one that was built for another folder, of a name that is as long. */
const OTHER_FOLDER = instead("ip", "mkdir -p /run/other; sed 's,/run/netns,/run/other,g' \"$file\" >/run/ip");
const back = (tool: string) => `umount "$(readlink -f "$(command -v ${tool})")"; rm -f /run/${tool}`;

const UNFIT: [what: string, tool: string, make: string, said: RegExp][] = [
  ["BusyBox's ip", "ip", says("ip", BUSYBOX.ip), /ip \(BusyBox v1\.35\.0, needed: iproute2 4\.18 or later\)/],
  ["an iproute2 built for another folder", "ip", OTHER_FOLDER, /ip \(it keeps network namespaces in \/run\/other, /],
  ["BusyBox's sysctl", "sysctl", says("sysctl", BUSYBOX.nsenter), /sysctl \(BusyBox v1\.35\.0, needed: procps'\)/],
];
const CURE = /Nothing was touched\. Install with: (apt-get|dnf|pacman|apk|zypper) .*/;

describe("on this machine", () => unfit(() => ({ run: (script) => output(["sh", "-c", script]), address: {} })));

describe("over ssh", () => {
  let far: SshHost;
  beforeEach(async ({ skip }) => {
    const reason = await whyNoSsh();
    if (reason !== undefined) skip(reason);
    far = await sshHost();
  });
  afterEach(() => far[Symbol.asyncDispose]());
  unfit(() => ({
    run: (script) => runThere(far, script),
    address: { connection: far.connection },
  }));
});

interface Rig {
  run(script: string): Promise<string>;
  address: object;
}

function unfit(rig: () => Rig): void {
  const newRun = () => Object.assign(new Run(product), { connections });
  const inputs = (name: string) => ({ name, host: hostAddress.parse(rig().address), __owner: `test/unfit/${name}` });
  const call = (name: string) => ({ calls: lifecycleIn(newRun(), "netNamespace"), inputs: inputs(name) });
  const state = () => rig().run("cd /run; find netns other -mindepth 1 2>/dev/null || :");

  afterEach(closeConnections);

  it.each(UNFIT)("%s is refused before anything, by every call", async (_what, tool, make, said) => {
    const { outs } = await call("there").calls.create(inputs("there"));
    await closeConnections();
    const before = await state();
    await rig().run(make);
    try {
      if (isLocal(inputs("new").host)) {
        const { failures } = await call("new").calls.check({}, inputs("new"));
        expect(failures).toEqual([{ property: "", reason: expect.stringMatching(said) }]);
        expect(failures[0]?.reason).toMatch(CURE);
      }
      const calls = [
        () => call("new").calls.create(inputs("new")),
        () => call("there").calls.diff("there", outs, inputs("there")),
        () => call("there").calls.read("there", outs),
        () => call("there").calls.delete("there", outs),
      ];
      for (const each of calls) {
        await closeConnections();
        await expect(each()).rejects.toThrow(said);
      }
    } finally {
      await rig().run(back(tool));
    }
    await closeConnections();
    expect(await state()).toBe(before);
    await call("there").calls.delete("there", outs);
    expect(await state()).not.toContain("there");
  });
}

const isLocal = ({ connection }: Partial<HostAddress>) => connection === undefined;
