import { plainName } from "../../provider/kernel/iptables/ruleset.js";
import type { Step } from "../../provider/kernel/plan.js";
import { inverseOf, isIp, wordsOf } from "../../provider/kernel/steps/table.js";

/**
 * One word for `ip -batch`, iptables-restore and a shell alike. An IPv6 address may begin with a
 * colon.
 */
const WORD = /^([A-Za-z0-9_][A-Za-z0-9_.:/-]*|::[0-9a-f:]*(\/\d+)?)$/;
/**
 * An IPv6 address and a port, for iptables-restore and nft only: a shell might expand it to file
 * names.
 */
const SOCKET6 = /^\[[0-9a-f:]+\]:\d+$/;
/** Options of iptables stand beside the values. */
const OPTION = /^--?[a-z]+(-[a-z]+)*$/;
/** A comment of ours: a mark and its notes. */
const COMMENT = /^hostnet:[0-9a-f]{8}:[A-Za-z0-9_./-]*:[A-Za-z0-9_-]{24}(;[a-z_-]+(=[A-Za-z0-9_.-]+)?)*$/;
const VALUE = /^[A-Za-z0-9_.:-]+( [A-Za-z0-9_.:-]+)*$/;
const LINE =
  /^(# hostnet:[0-9a-f]{8}:[A-Za-z0-9_./-]*:[A-Za-z0-9_-]{24}|(nameserver|search)( [A-Za-z0-9_][A-Za-z0-9_.:-]*)+)$/;
/** Not even a colon's IPv6 begins with one, but "::1" does. */
const NAMESERVER = /^nameserver [0-9A-Fa-f.:]+$/;

/** The chains that are named after another one end so, and no other name has a slash. */
const chain = (text: string) => name(text.replace(/\/(ext|masq)$/, ""));
const name = (text: string | undefined) => text === undefined || (WORD.test(text) && !text.includes("/"));

/** The words of a step that could be taken for several words, for an option, or for a path. */
export function unsafeWords(step: Step): string[] {
  const bad = (words: string[], isSafe: (word: string) => boolean) => words.filter((word) => !isSafe(word));
  if (isIp(step)) {
    const back = inverseOf(step);
    return [
      ...bad([...wordsOf(step), ...(back && isIp(back) ? wordsOf(back) : [])], (word) => WORD.test(word)),
      ...(name(step.namespace) ? [] : [String(step.namespace)]),
    ];
  }
  switch (step.do) {
    case "sysctl":
      return [
        // sysctl(8) has "." for "/" and the other way round
        ...bad([step.key], (key) => WORD.test(key) && !key.split(".").some((part) => /^\/*$/.test(part))),
        ...bad([step.value], (value) => VALUE.test(value)),
        ...(name(step.namespace) ? [] : [String(step.namespace)]),
      ];
    case "resolvConf":
      return [
        ...bad([step.namespace], name),
        ...bad((step.content ?? "").split("\n").slice(0, -1), (line) => LINE.test(line) || NAMESERVER.test(line)),
      ];
    case "dropEmptyTable":
      return bad([plainName(step.table)], name);
    case "listedRule":
      return [...bad([plainName(step.table)], name), ...bad([step.chain], chain)];
    case "nat":
      return bad([step.chain, ...wordsIn(step.change)], (word) => WORD.test(word) || SOCKET6.test(word));
    default: {
      const rules = step.do === "chain" ? (step.rules ?? []) : [step.rule];
      const safe = (word: string) => WORD.test(word) || SOCKET6.test(word) || OPTION.test(word) || COMMENT.test(word);
      return [
        ...bad([plainName(step.table)], name),
        ...bad([step.chain], chain),
        ...bad(step.do === "mark" ? [step.mark] : [], (word) => COMMENT.test(word)),
        ...bad(
          rules.flatMap(({ spec }) => spec),
          safe,
        ),
      ];
    }
  }
}

/**
 * All words in all texts of a value. A rule's text has several. Endpoints that no service has are
 * those of one without a name: "", or "ip6 ".
 */
function wordsIn(value: unknown): string[] {
  if (typeof value === "string") return value.split(" ").filter(Boolean);
  return value && typeof value === "object" ? Object.values(value).flatMap(wordsIn) : [];
}
