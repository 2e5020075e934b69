import { output } from "../support/host.js";

/**
 * The article's chains, as in `api.md`: table, then rules as iptables-save prints them, without
 * comments.
 */
export const ARTICLE_RULES = [
  "filter -A FORWARD -i bridge_home -j ACCEPT",
  "filter -A FORWARD -o bridge_home -j ACCEPT",
  "nat -A PREROUTING -j DUSTIN-SERVICES",
  "nat -A OUTPUT -j DUSTIN-SERVICES",
  "nat -A POSTROUTING -s 10.0.0.0/24 -j MASQUERADE",
  "nat -A DUSTIN-SEP-HTTP1 -p tcp -m tcp -j DNAT --to-destination 10.0.0.11:8080",
  "nat -A DUSTIN-SEP-HTTP2 -p tcp -m tcp -j DNAT --to-destination 10.0.0.21:8080",
  "nat -A DUSTIN-SERVICES -d 10.100.100.100/32 -p tcp -m tcp --dport 8080 -j DUSTIN-SVC-HTTP",
  "nat -A DUSTIN-SVC-HTTP -m statistic --mode random --probability 0.50000000000 -j DUSTIN-SEP-HTTP2",
  "nat -A DUSTIN-SVC-HTTP -j DUSTIN-SEP-HTTP1",
];

/** All rules of a host, in order, without the comment that says whose they are. */
export async function rules(netns?: string): Promise<string[]> {
  const saved = await output([...(netns ? ["ip", "netns", "exec", netns] : []), "iptables-save"]);
  let table = "";
  return saved.split("\n").flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1);
    return line.startsWith("-A") ? [`${table} ${line.replace(/ -m comment --comment ("[^"]*"|\S+)/, "")}`] : [];
  });
}
