import type { Family } from "../../kernel/family.js";
import type { Protocol } from "../../kernel/service-spec.js";
import { ANY } from "./item.js";
import { type Dispatch, memoryMap, parseDispatch, parseRemember, type Remember } from "./names.js";
import { printOf } from "./print.js";

/**
 * The rules of a chain that all services of its kind share; its name says all. It is there as long
 * as one of them is. Undefined for a name of another kind.
 */
export function sharedRules(chain: string, family: Family): string[] | undefined {
  const dispatch = parseDispatch(chain);
  if (dispatch) return dispatchRules(chain, dispatch, family);
  const remember = parseRemember(chain);
  return remember && rememberRules(remember, family);
}

const prints = new Map<string, string>();

/** What such a chain compares by. */
export function sharedPrint(chain: string, family: Family): string {
  const key = `${family} ${chain}`;
  const known = prints.get(key) ?? printOf(undefined, sharedRules(chain, family) ?? []);
  prints.set(key, known);
  return known;
}

function dispatchRules(chain: string, dispatch: Dispatch, family: Family): string[] {
  const { protocol, frontend, slots, sticky, limited } = dispatch;
  const address = frontend === "vip" ? `${family} daddr` : `${family} daddr & ${ANY[family]}`;
  if (limited)
    return [
      `${address} . meta l4proto . th dport . ${family} saddr @sources goto ${chain.slice(0, -"-limited".length)}`,
      "drop",
    ];
  if (slots === 0) return ["goto refused"];
  const dnat = `meta l4proto ${protocol} dnat to`;
  if (sticky) {
    const { memory, targetPort } = sticky;
    const client = memory.id === undefined ? `ip saddr . ip daddr . ${constant(memory, "th dport")}` : "ip6 saddr";
    return [`${dnat} ${client} map @${memoryMap(memory)} : ${targetPort}`, `goto ${protocol}-${frontend}-${slots}`];
  }
  const by = (number: string) => `${dnat} ${address} . ${protocol} dport . ${number} map @${protocol}-endpoints`;
  // Who came here by the old number of slots, while a new one was put in place, takes the first:
  // there always is one.
  return [by(`numgen random mod ${slots}`), by("numgen inc mod 1")];
}

/** An entry that is there already keeps where it leads to; its time begins anew. */
function rememberRules({ seconds, memory }: Remember, family: Family): string[] {
  const client = `ct original ${family} saddr`;
  const update = (key: string) => `update @${memoryMap(memory)} { ${key} timeout ${seconds}s : ${family} daddr }`;
  if (memory.id !== undefined) return [update(client)];
  const key = `${client} . ct original ip daddr . ${constant(memory, "ct original proto-dst")}`;
  // Which protocol it is must be said: else nft doesn't know what a port is
  return (["tcp", "udp", "sctp"] as const).map((each) => `meta l4proto ${each} ${update(key)}`);
}

const NUMBERS: Record<Protocol, number> = { tcp: 6, udp: 17, sctp: 132 };

/**
 * A protocol and a port, in a concatenation: nft 1.0.6 takes no constants there, but knows what is
 * left of a value of which nothing is.
 */
const constant = ({ protocol, port }: { protocol: Protocol; port: number }, like: string) =>
  `(meta l4proto & 0 | ${NUMBERS[protocol]}) . (${like} & 0 | ${port})`;
