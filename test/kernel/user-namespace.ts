import { once } from "node:events";
import { execa } from "execa";
import { type Exec, type Finished, inputOf, localExec, must } from "../../provider/host/exec.js";

const INSIDE = ["unshare", "--user", "--map-root-user", "--net"] as const;

/** A network namespace of an ordinary user, in which root's rights are worth nothing outside. */
export class UserNamespace implements AsyncDisposable {
  private readonly holder = execa(
    INSIDE[0],
    [...INSIDE.slice(1), "sh", "-c", "ip link set lo up && echo ready && exec sleep 3600"],
    {
      reject: false,
      buffer: false,
    },
  );
  private readonly real = localExec();
  /** Transactions that the kernel has taken, and those that were too long. */
  taken = 0;
  tooLong = 0;
  /** What a transaction is told instead of the kernel's word; nothing by default. */
  instead: (script: string) => string | undefined = () => undefined;

  async ready(): Promise<this> {
    await Promise.race([once(this.holder.stdout, "data"), this.holder]);
    if (this.holder.exitCode !== null) throw new Error("no user namespace could be made");
    return this;
  }

  readonly exec: Exec = async (argv, reads) => {
    const isTransaction = /^(ip6?tables-restore|nft -f|nft delete) /.test(argv.join(" "));
    const said = isTransaction ? this.instead(inputOf(reads ?? {}, []) ?? "") : undefined;
    if (said !== undefined) return this.heard({ stdout: "", stderr: said, exitCode: 1 }, isTransaction);
    const place = ["nsenter", `--target=${this.holder.pid}`, "--user", "--net", "--preserve-credentials", "--"];
    return this.heard(await this.real([...place, ...argv], reads), isTransaction);
  };

  private heard(finished: Finished, isTransaction: boolean): Finished {
    if (/Message too long/.test(finished.stderr)) this.tooLong++;
    else if (isTransaction && finished.exitCode === 0) this.taken++;
    return finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.holder.kill("SIGKILL");
    await this.holder;
  }
}

/** All rules of a host in the tools' own words; in what order they came doesn't show. */
export async function allRules(exec: Exec): Promise<string[]> {
  const saved = await must(exec, ["iptables-save"]);
  const listed = await must(exec, ["sh", "-c", "nft list tables ip | grep -q hostnet- && nft list ruleset ip || :"]);
  return `${saved.replace(/^#.*\n/gm, "").replace(/ \[\d+:\d+\]$/gm, "")}${listed}`
    .split(/\n|, /)
    .map((each) =>
      each
        .trim()
        .replace(/^elements = \{ | \}$/g, "")
        .replace(/,$/, ""),
    )
    .sort();
}
