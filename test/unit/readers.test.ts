import { afterEach, describe, expect, it, vi } from "vitest";
import { forgetFlows } from "../../provider/host/conntrack.js";
import { type Exec, failure } from "../../provider/host/exec.js";
import { commitFirewall } from "../../provider/host/iptables.js";
import { readClaims } from "../../provider/host/netns-claim.js";
import { RealChains } from "../../provider/host/nft-tables.js";
import { readFirewall } from "../../provider/host/read-firewall.js";
import { readNet } from "../../provider/host/read-net.js";
import { remoteFiles } from "../../provider/host/ssh/remote-files.js";
import { readNamespaceSysctls, readSysctls } from "../../provider/host/sysctls.js";
import { HostError, Unreadable } from "../../provider/kernel/errors.js";
import type { Link, NamespaceView } from "../../provider/kernel/snapshot.js";
import { linkOptions } from "../../provider/links/kinds.js";
import { backends } from "../../provider/services/backends.js";
import { listNat } from "../support/nat-tables.js";
import * as says from "../support/recordings-of-tools.js";
import { type Recording, recorded, type Spoilt, spoilts } from "../support/spoiled.js";

/** Something that reads, what the tools say to it, and the tools' own words for "I can't tell". */
interface Reader {
  reads: string;
  recording: Recording;
  read: (exec: Exec, ran: string[]) => Promise<unknown>;
  words?: Parameters<typeof spoilts>[1];
  /** What can't be read as it is. */
  says?: RegExp;
  /** Who else may be named as the one that can't be read. */
  names?: RegExp;
  /** What is no spoilt reading, and why. */
  allowed?: (spoilt: Spoilt) => boolean;
}

const namespaces = (...names: string[]) => {
  const lo = { name: "lo", kind: "", index: 1, up: false, addresses: [] } as unknown as Link;
  const view = (): NamespaceView => ({ links: new Map([["lo", lo]]), routes: [], sysctls: new Map() });
  return new Map(names.map((name) => [name, view()]));
};
const INCOMPATIBLE = { stdout: "# Table `nat' is incompatible, use 'nft' tool.\n" };
const PARSING = {
  stdout: "",
  stderr: "iptables-save v1.8.11 (nf_tables): Parsing nftables rule failed\n",
  exitCode: 3,
};
const DUMP = { stdout: "[]\n[]\n", stderr: "Dump was interrupted and may be inconsistent.\n", exitCode: 0 };
const CUT = { stdout: "", stderr: "conntrack v1.4.7 (conntrack-tools): Operation failed: Cannot allocate memory\n" };
const fromFirewall = (how?: Parameters<typeof readFirewall>[2]) => (exec: Exec) =>
  readFirewall(exec, new RealChains(), how, backends);

const READERS: Reader[] = [
  {
    reads: "rules of iptables-nft, and NatChains on nftables",
    recording: says.FIREWALL,
    read: fromFirewall(),
    words: { "iptables-save": INCOMPATIBLE, "ip6tables-save": INCOMPATIBLE },
  },
  {
    reads: "rules of a newer iptables-nft",
    recording: says.FIREWALL,
    read: fromFirewall(),
    words: { "iptables-save": PARSING },
  },
  {
    reads: "rules of iptables-nft, and those of iptables-legacy beside",
    recording: says.BESIDE_LEGACY,
    read: fromFirewall(),
    words: { "iptables-save": INCOMPATIBLE },
    // It is looked at only where iptables-legacy-save fails.
    allowed: ({ key }) => key.startsWith("cat "),
  },
  {
    reads: "rules of iptables-nft, beside iptables-legacy",
    recording: says.ON_LEGACY,
    read: fromFirewall(),
    // Without iptables-nft-save, nft tells what leads to chains of ours; and nobody needs that of
    // IPv6.
    allowed: ({ key, how }) =>
      (key === "iptables-nft-save" && /^not there|cut to ""/.test(how)) || /^(nft -a|sh -c|ip6)/.test(key),
  },
  {
    reads: "chains of a table that iptables can't show",
    recording: says.INCOMPATIBLE,
    read: fromFirewall({ pieces: true }),
    names: /\biptables\b/,
    says: /^table nat of IPv4: iptables-save says: Table `nat' is incompatible, use 'nft' tool\.$/,
  },
  {
    reads: "NatChains on nftables",
    recording: says.FIREWALL,
    read: listNat,
    allowed: ({ key }) => !key.startsWith("nft"),
  },
  {
    reads: "links, routes and namespaces",
    recording: says.NET,
    read: (exec) => readNet(exec, { links: ["b0", "gone"], routes: true, namespaces: says.NAMES }, linkOptions),
    words: { ip: DUMP },
    says: /^Network namespace shut: ip says: setting the network namespace "shut" failed: Operation not permitted$/,
    names: /\bip\b/,
  },
  {
    reads: "all namespaces",
    recording: says.ALL_NAMESPACES,
    read: (exec) => readNet(exec, { links: [], routes: false, namespaces: "all" }, linkOptions),
    names: /\bip\b/,
  },
  {
    reads: "sysctls",
    recording: says.SYSCTLS,
    read: (exec) => readSysctls(exec, ["net.ipv4.ip_forward"]),
    words: { sysctl: { stdout: "", stderr: 'sysctl: reading key "net.ipv4.ip_forward": Input/output error\n' } },
  },
  {
    reads: "sysctls of namespaces",
    recording: says.NAMESPACE_SYSCTLS,
    read: async (exec) => {
      const views = namespaces("a", "b");
      const keys = ["net.ipv4.ip_forward"];
      await readNamespaceSysctls(
        exec,
        views,
        new Map([
          ["a", keys],
          ["b", keys],
        ]),
      );
      return views;
    },
    names: /sysctl/,
  },
  {
    reads: "notes of killed runs",
    recording: says.CLAIMS,
    read: async (exec) => {
      const seen = { namespaces: namespaces("a", "b"), deadNames: new Map([["c", {}]]) };
      return { unread: await readClaims(exec, seen), seen };
    },
    // Half a note is what a killed run can leave, and is none.
    allowed: ({ key, how }) => key.startsWith("cat") && how.startsWith("cut"),
  },
  {
    reads: "tracked flows",
    recording: says.FLOWS,
    read: async (exec, ran) => {
      const udp = { protocol: "udp", address: "", port: 53 } as const;
      await forgetFlows(exec, [udp, { protocol: "tcp", address: "10.100.1.1", port: 8080 }]);
      return ran;
    },
    words: { "conntrack -L": CUT },
    // A kernel that tracks nothing has no such key.
    allowed: ({ key, how }) => key === "sysctl -n" && how === 'cut to ""',
  },
  {
    reads: "files over ssh",
    recording: says.FILES,
    read: async (exec) => {
      const files = remoteFiles(exec, () => Promise.resolve("id"));
      return [await files.namespaceState("blue"), await files.readResolvConfs("all")];
    },
    names: /\b(stat|cat)\b/,
  },
  {
    reads: "a table that is to go",
    recording: says.DROPPED,
    read: async (exec, ran) => {
      const OUTPUT = { policy: "ACCEPT", rules: [{ spec: ["-j", "ACCEPT"] }] };
      await commitFirewall(exec, new Map([["nat", new Map([["OUTPUT", OUTPUT]])]]), new Map());
      return ran;
    },
    words: { "iptables --version": { stdout: "I can't tell\n" } },
    // A table that can't be read is emptied rule by rule, which fails where they are not ours.
    allowed: ({ key, how }) => key === "iptables-save" && how === 'cut to ""',
  },
];

afterEach(() => vi.restoreAllMocks());

/**
 * What a reader makes of an answer: `whole` what it makes of the right one, `said` that it can't be
 * read and by whom, or what it is silent about.
 */
async function outcome({ recording, read }: Reader, spoilt?: Spoilt): Promise<{ value?: unknown; said: string }> {
  const { exec, ran } = recorded(recording, spoilt);
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    const value = await read(exec, ran);
    const { unread } = (value ?? {}) as { unread?: Map<string, { why: string; what: string }> };
    const found = [...(unread?.values() ?? [])].map(({ what, why }) => `${what}: ${why}`);
    return { value, said: [...found, ...log.mock.calls.flat()].join("\n") };
  } catch (error) {
    if (error instanceof HostError || error instanceof Unreadable) return { said: error.message };
    throw error;
  } finally {
    log.mockRestore();
  }
}

describe.each(READERS)("what reads $reads", (reader) => {
  it("understands what the tools say", async () => {
    const { value, said } = await outcome(reader);
    expect(value).toBeDefined();
    expect(said).toMatch(reader.says ?? /^$/);
  });

  it("takes nothing that is no whole answer for one: it says which tool can't be read", async () => {
    const right = await outcome(reader);
    const silent: string[] = [];
    const nameless: string[] = [];
    for (const spoilt of spoilts(reader.recording, reader.words ?? {})) {
      if (reader.allowed?.(spoilt)) continue;
      const { value, said } = await outcome(reader, spoilt);
      const [tool = ""] = spoilt.key.split(" ");
      const isNamed = said.includes(tool) || reader.names?.test(said);
      if (value !== undefined && said === right.said && !isSame(value, right.value))
        silent.push(`${spoilt.key}, ${spoilt.how}`);
      else if (said !== right.said && !isNamed) nameless.push(`${spoilt.key}, ${spoilt.how}: ${said}`);
    }
    expect(silent.slice(0, 5)).toEqual([]);
    expect(nameless.slice(0, 5)).toEqual([]);
  });
});

const isSame = (a: unknown, b: unknown) => {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
};

it("a table of which iptables-nft says nothing is looked at twice, and is not an empty one", async () => {
  const recording = {
    ...says.FIREWALL,
    "iptables-save": {},
    "iptables --version": { stdout: "iptables v1.8.3 (nf_tables)\n" },
  };
  const { exec, ran } = recorded(recording);
  const { firewall, unread } = await readFirewall(exec);
  expect(firewall.has("nat")).toBe(false);
  expect([...unread.keys()]).toEqual(["filter", "nat"]);
  expect(unread.get("nat")?.why).toBe("nft lists it, and iptables-save says nothing of it");
  expect(ran.filter((line) => line === "iptables-save")).toHaveLength(2);
});

it("a tool that isn't there is told from a file that isn't, in a shell's words too", () => {
  expect(failure(["nft"], "spawn nft ENOENT").code).toBe("missing");
  expect(failure(["cat"], "cat: /run/x: No such file or directory").code).toBe("not-found");
});
