import { distributionIds, howToInstall, type MissingTool, type Packages } from "../../system/packages.js";
import { unreadable } from "../kernel/errors.js";

/** What looking at a host and changing it takes; a backend may need more. */
export const ALWAYS: Packages = {
  iproute2: ["ip"],
  iptables: ["iptables-save", "iptables-restore"],
  procps: ["sysctl"],
  "util-linux": ["flock", "nsenter"],
};

/** No namespace is called so: that it can't be deleted tells in which folder `ip` looks for it. */
const NOBODY = "pulumi-hostnet-asks";

/**
 * Asks the tools of a host which they are, behind a line with the name of each, and which
 * distribution it is. Last comes the line "end", unless one could not be asked. One process and its
 * children, here and over ssh. The tools are asked at once: an answer is cut to what the kernel
 * writes in one piece, so that none gets into another one (PIPE_BUF).
 */
export const ASK_TOOLS = `ask() {
  command -v "$1" >/dev/null || return 0
  said=$("$@" 2>&1)
  printf '\\036%s\\n%.2000s\\n' "$1" "$said"
}
ask_folder() {
  command -v ip >/dev/null || return 0
  said=$(ip netns delete ${NOBODY} 2>&1)
  folder=\${said%/${NOBODY}*}
  folder=/\${folder#*/}
  if [ "$folder" = /run/netns ] || [ "\${folder%/netns}" -ef /run ]; then folder=; fi
  printf '\\036folder\\n%.1000s\\n%.1000s\\n' "$folder" "$said"
}
ask ip -V & asked=$!
for tool in iptables nft flock nsenter sysctl; do ask $tool --version & asked="$asked $!"; done
ask_folder & asked="$asked $!"
end=end
for each in $asked; do wait $each || end=; done
printf '\\036system\\n'
[ ! -r /etc/os-release ] || while read -r line; do
  case $line in ID=* | ID_LIKE=*) echo "$line" ;; esac
done </etc/os-release
printf '\\036%s\\n' "$end"`;

/** A tool that is there and can't do what this takes. */
export interface UnfitTool extends MissingTool {
  /** What it is, and what is needed: "BusyBox v1.35.0, needed: iproute2 4.18 or later". */
  why: string;
}

/** How a tool that is fit says what it is, and since which version it does what this takes. */
interface Wanted {
  debianPackage: string;
  says: RegExp;
  /** What it is called in messages. */
  flavour: string;
  least?: number[];
}

/** Behind "ss" older versions of iproute2 have a day: 180813 is 4.18. */
const FIRST_DAY = 180813;

const WANTED: Record<string, Wanted> = {
  ip: {
    debianPackage: "iproute2",
    // Entware says ss4.4.0.
    says: /^ip utility, iproute2-(?:ss(?<day>\d{6})|(?:ss)?(?<version>\d+\.[\d.]+))/,
    flavour: "iproute2",
    least: [4, 18],
  },
  iptables: {
    debianPackage: "iptables",
    says: /^iptables v(?<version>[\d.]+)/,
    flavour: "iptables",
    least: [1, 8],
  },
  nft: { debianPackage: "nftables", says: /^nftables v(?<version>[\d.]+)/, flavour: "nftables", least: [1, 0, 6] },
  flock: { debianPackage: "util-linux", says: /util-linux/, flavour: "util-linux's" },
  nsenter: { debianPackage: "util-linux", says: /util-linux/, flavour: "util-linux's" },
  sysctl: { debianPackage: "procps", says: /procps/, flavour: "procps'" },
};

/** The packages of which no tool is asked for by its own name. */
const PROGRAMS = (packages: Packages) =>
  Object.values(packages)
    .flat()
    .map((tool) => (tool.startsWith("iptables-") ? "iptables" : tool));

/** What the tools of a host have answered. */
export interface ToolAnswers {
  said: ReadonlyMap<string, string>;
  /** Its ids in /etc/os-release. */
  distribution: string[];
}

/** Is it all that ASK_TOOLS prints? */
export const isWhole = (stdout: string): boolean => stdout.endsWith("\n\x1eend\n");

/** Reads what ASK_TOOLS prints. Throws HostError where that ends early. */
export function readTools(stdout: string): ToolAnswers {
  if (!isWhole(stdout)) throw unreadable("which tools are there", `it ends with ${JSON.stringify(stdout.slice(-60))}`);
  const parts = stdout.split("\x1e").slice(1, -1);
  const said = new Map(
    parts.map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1)] as const),
  );
  return { said, distribution: distributionIds(said.get("system") ?? "") };
}

/** Those of the tools of these packages that are there and unfit. */
export function unfitTools({ said }: ToolAnswers, packages: Packages): UnfitTool[] {
  const programs = new Set(PROGRAMS(packages));
  const unfit = Object.entries(WANTED).flatMap(([tool, wanted]) => {
    const answer = said.get(tool);
    const why = programs.has(tool) && answer !== undefined ? whyUnfit(answer, wanted) : undefined;
    return why === undefined ? [] : [{ tool, debianPackage: wanted.debianPackage, why }];
  });
  return unfit.some(({ tool }) => tool === "ip") ? unfit : [...unfit, ...otherFolder(said.get("folder"))];
}

function whyUnfit(answer: string, { says, flavour, least }: Wanted): string | undefined {
  const needed = `needed: ${flavour}${least ? ` ${least.join(".")} or later` : ""}`;
  const found = says.exec(answer);
  if (!found) return `${shortly(answer)}, ${needed}`;
  const { day, version } = found.groups ?? {};
  const isOld = day !== undefined ? Number(day) < FIRST_DAY : least !== undefined && isBefore(version!, least);
  return isOld ? `${found[0]}, ${needed}` : undefined;
}

function isBefore(version: string, least: number[]): boolean {
  const numbers = version.split(".").map(Number);
  const at = least.findIndex((number, at) => (numbers[at] ?? 0) !== number);
  return at >= 0 && (numbers[at] ?? 0) < least[at]!;
}

/** The line in which it says what it is; BusyBox has it below an error. */
const shortly = (answer: string) =>
  /BusyBox v[\d.]+/.exec(answer)?.[0] ?? JSON.stringify(answer.split("\n")[0]!.slice(0, 80));

function otherFolder(answer: string | undefined): UnfitTool[] {
  const [folder = "", ...said] = answer?.split("\n") ?? [];
  if (folder === "") return [];
  const isTold = said.join(" ").includes(`${folder}/${NOBODY}`);
  const where = isTold
    ? `it keeps network namespaces in ${folder}`
    : `it doesn't tell where it keeps network namespaces: ${said.join(" ").trim()}`;
  const why = `${where}, needed: one that keeps them in /run/netns, or /var/run as a link to /run`;
  return [{ tool: "ip", debianPackage: "iproute2", why }];
}

/** Which tools of a host are unfit, and the cure; undefined where none is. */
export function unfitMessage(
  answers: ToolAnswers,
  packages: Packages,
  host: string,
  root: boolean,
): string | undefined {
  const unfit = unfitTools(answers, packages);
  if (unfit.length === 0) return undefined;
  const each = unfit.map(({ tool, why }) => `${tool} (${why})`).join("; ");
  return `Unfit on ${host}: ${each}. Nothing was touched. ${howToInstall(unfit, answers.distribution, root)}`;
}
