import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { leavesNothing } from "../support/host.js";
import { canBeNobody } from "../support/nobody.js";
import type { Project } from "../support/project.js";
import { withAny } from "./any.js";

const NO_CAPABILITIES = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs"];
const NOBODY = [...NO_CAPABILITIES, "--reuid", "65534", "--regid", "65534", "--clear-groups"];

it.each([
  { who: "root without capabilities", prefix: NO_CAPABILITIES, named: "this root user" },
  ...(canBeNobody ? [{ who: "an ordinary user", prefix: NOBODY, named: "user 65534" }] : []),
])("$who gets one error before the first step, with the cure, and nothing is touched", ({ prefix, named }) =>
  leavesNothing(() =>
    withAny(
      [
        ["Bridge", "home", { name: "bridge_home", addresses: ["10.0.0.1/24"], forward: true }],
        ["NetNamespace", "x", { name: "netns_x" }],
        ["NatChain", "services", { name: "DUSTIN-SERVICES" }],
      ],
      async (project) => {
        openToAll(project.backend);
        project.prefix = prefix;
        const text = await refused(project);
        expect(text).toMatch(new RegExp(`${named} may not change this machine's network`));
        expect(text).toMatch(/run as root, with sudo -E for example/);
      },
    ),
  ),
);

/** Hides programs from what it runs, in a mount namespace of its own. */
const without = (...programs: string[]) => [
  ...["unshare", "--mount", "sh", "-c"],
  `${programs.map((program) => `mount --bind /dev/null "$(command -v ${program})" &&`).join(" ")} exec "$@"`,
  "sh",
];

it.each([
  [
    "the tools of each host",
    without("/usr/sbin/iptables-save", "flock"),
    /iptables-save, .*flock\. Nothing was touched/,
  ],
  ["those of a backend", without("/usr/sbin/nft"), /: nft\. Nothing was touched/],
])("who lacks %s gets one error before the first step, with the cure, and nothing is touched", (_, prefix, said) =>
  leavesNothing(() =>
    withAny(
      [
        ["NatChain", "services", { name: "DUSTIN-SERVICES", backend: "nftables" }],
        ["ServiceVip", "http", { chain: "DUSTIN-SERVICES", name: "HTTP", address: "10.0.0.1", ports: [{ port: 80 }] }],
      ],
      async (project) => {
        project.prefix = prefix;
        const text = await refused(project);
        expect(text).toMatch(said);
        expect(text).toMatch(/Install (with: .*|the packages .*)(nftables|iptables.* util-linux)/);
      },
    ),
  ),
);

/** What an `up` says that ends before its first step. */
async function refused(project: Project): Promise<string> {
  const { exitCode, text } = await project.run("up", "--skip-preview");
  expect(exitCode).not.toBe(0);
  expect(text).not.toMatch(/hostnet:\w+ \w+ creat(ing|ed)/);
  expect(project.resources().filter(({ type }) => type.includes("hostnet"))).toEqual([]);
  return text;
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o777);
  for (const name of readdirSync(folder, { recursive: true })) chmodSync(join(folder, String(name)), 0o777);
}
