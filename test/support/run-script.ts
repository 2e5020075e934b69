import { parseSave } from "../../provider/kernel/iptables/iptables-save.js";
import { identityOf } from "../../provider/kernel/iptables/rule-facts.js";
import { type Firewall, isBuiltIn, type Rule } from "../../provider/kernel/iptables/ruleset.js";

/** What `iptables-restore --noflush` makes of table nat; it refuses what the tool refuses. */
export function runScript(before: Firewall, script: string): Firewall {
  const table = new Map(
    [...(before.get("nat") ?? [])].map(([name, chain]) => [name, { ...chain, rules: [...chain.rules] }]),
  );
  for (const line of script.match(/^[:-](?:[^\n"]|"(?:\\[\s\S]|[^"\\])*")*/gm) ?? []) {
    if (line.startsWith(":")) {
      const name = line.slice(1).split(" ")[0]!;
      if (table.get(name)?.policy) throw new Error(`${name} is built in`);
      table.set(name, { rules: [] });
      continue;
    }
    const [verb, name = "", ...rest] = line.split(" ");
    const position = verb === "-I" && /^\d+$/.test(rest[0] ?? "") ? Number(rest.shift()) : 1;
    if (isBuiltIn(name) && verb === "-A") table.set(name, table.get(name) ?? { policy: "ACCEPT", rules: [] });
    const chain = table.get(name);
    if (!chain) throw new Error(`no chain ${name}`);
    const rule = parseRule(rest.join(" "));
    if (verb === "-A") chain.rules.push(rule);
    else if (verb === "-I") {
      if (position > chain.rules.length + 1) throw new Error("index of insertion too big");
      chain.rules.splice(position - 1, 0, rule);
    } else if (verb === "-D") {
      const at = chain.rules.findIndex((each) => identityOf(each) === identityOf(rule));
      if (at < 0) throw new Error(`no such rule: ${line}`);
      chain.rules.splice(at, 1);
    } else if (verb === "-X") {
      if (chain.rules.length > 0) throw new Error(`${name} is not empty`);
      table.delete(name);
    }
  }
  return new Map([...before, ["nat", table]]);
}

const parseRule = (text: string): Rule => parseSave(`*t\n-A X ${text}\nCOMMIT`).get("t")!.get("X")!.rules[0]!;
