import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeBatchFiles } from "../../provider/host/batch-files.js";
import { type Exec, type Finished, inputOf, localExec } from "../../provider/host/exec.js";

/** Who is killed: the tool at work, or the provider that started it. */
export type Victim = "tool" | "provider";

const ETC = "/etc/netns";

/**
 * This machine's commands, of which one is cut short: `kill -9` comes after a given number of
 * changes, which are made one by one. A change is a line of an `ip -batch` (also of a nested one),
 * a table of an `iptables-restore`, an `nft -f`, or a `sysctl -w`.
 */
export class Killing {
  /** Moments passed. */
  private passed = 0;
  private readonly folder = mkdtempSync(join(tmpdir(), "hostnet-killing-"));
  private saved = false;
  /** Whether the moment has come. */
  happened = false;

  constructor(
    private readonly victim: Victim,
    private readonly moment: number,
  ) {}

  readonly exec: Exec = async (argv, reads = {}) => {
    const { files, remove } = writeBatchFiles(reads.files ?? []);
    return await this.run(argv, { input: inputOf(reads, files) }).finally(remove);
  };

  private async run(argv: string[], options: { input?: string }): Promise<Finished> {
    const real = localExec();
    // A dead provider starts nothing more.
    if (this.victim === "provider" && this.happened) throw new Error("the provider is dead");
    const changes = changesOf(argv, options.input);
    const moments = this.momentsOf(changes);
    const done = moments[this.moment - this.passed];
    if (this.happened || done === undefined) {
      this.passed += moments.length;
      return await real(argv, options);
    }
    this.happened = true;
    await this.doSome(done, argv, options.input);
    if (this.victim === "tool") return await real(["sh", "-c", "kill -KILL $$"]);
    // Code of the killed run goes on in this process. It can start no tool, but it could still
    // touch files.
    cpSync(ETC, join(this.folder, "netns"), { recursive: true, force: true });
    this.saved = true;
    throw new Error("the provider is dead");
  }

  /** When all that was under way has ended: the files are as the dead provider has left them. */
  settle(): void {
    if (this.saved) {
      rmSync(ETC, { recursive: true, force: true });
      cpSync(join(this.folder, "netns"), ETC, { recursive: true });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * For each moment, how many of a command's changes were made. Of a tool these are none, half or
   * all: the rest is undone alike.
   */
  private momentsOf(changes: number): number[] {
    if (changes === 0) return [];
    if (this.victim === "tool") return [...new Set([0, Math.ceil(changes / 2), changes])];
    return Array.from({ length: changes + 1 }, (_, count) => count);
  }

  private async doSome(count: number, argv: readonly string[], input = ""): Promise<void> {
    if (count === 0) return;
    if (argv[0] !== "ip" && argv[0] !== "iptables-restore") await localExec()([...argv], { input });
    else if (argv[0] === "iptables-restore")
      await localExec()([...argv], { input: tablesOf(input).slice(0, count).join("") });
    else await localExec()([...argv], { input: `${this.firstLines(count, input).join("\n")}\n` });
  }

  private firstLines(count: number, input: string): string[] {
    const lines: string[] = [];
    for (const line of linesOf(input)) {
      if (count === 0) break;
      const nested = nestedIn(line);
      if (!nested) {
        lines.push(line);
        count--;
        continue;
      }
      const inner = linesOf(readFileSync(nested, "utf8")).slice(0, count);
      const file = join(this.folder, String(lines.length));
      writeFileSync(file, `${inner.join("\n")}\n`);
      lines.push(line.replace(nested, file));
      count -= inner.length;
    }
    return lines;
  }
}

/** How many changes a command makes; none for one that only looks. */
function changesOf(argv: readonly string[], input = ""): number {
  const words = argv.join(" ");
  if (argv[0] === "iptables-restore") return tablesOf(input).length;
  if (argv[0] === "nft" && argv.includes("-f")) return 1;
  if (words.includes("sysctl -q -w")) return 1;
  if (argv[0] !== "ip" || argv.includes("-j")) return 0;
  if (!argv.includes("-batch")) return 1;
  return linesOf(input).reduce((sum, line) => {
    const nested = nestedIn(line);
    return sum + (nested ? linesOf(readFileSync(nested, "utf8")).length : 1);
  }, 0);
}

const linesOf = (text: string) => text.split("\n").filter(Boolean);
const tablesOf = (script: string) => script.split(/(?<=^COMMIT\n)/m).filter(Boolean);
const nestedIn = (line: string) => /^netns exec \S+ ip -batch (\S+)$/.exec(line)?.[1];
