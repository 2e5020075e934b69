/** A way to install packages, and the names of the packages there when they aren't Debian's. */
interface Distribution {
  /** Values of ID or ID_LIKE in /etc/os-release. */
  ids: readonly string[];
  install: string;
  names: Readonly<Record<string, string>>;
}

const DISTRIBUTIONS: readonly Distribution[] = [
  { ids: ["debian", "ubuntu"], install: "apt-get install -y --no-install-recommends", names: {} },
  {
    ids: ["fedora", "rhel", "centos"],
    install: "dnf install -y",
    names: { iproute2: "iproute", conntrack: "conntrack-tools", procps: "procps-ng", mount: "util-linux" },
  },
  {
    ids: ["arch"],
    install: "pacman -S --needed",
    names: { conntrack: "conntrack-tools", procps: "procps-ng", mount: "util-linux" },
  },
  {
    ids: ["alpine"],
    install: "apk add",
    names: {
      conntrack: "conntrack-tools",
      procps: "procps-ng",
      mount: "util-linux-misc",
      "util-linux": "util-linux-misc setpriv",
    },
  },
  {
    ids: ["suse", "opensuse"],
    install: "zypper install -y",
    names: { conntrack: "conntrack-tools", mount: "util-linux" },
  },
];

/** Programs by the Debian package that brings them. */
export type Packages = Readonly<Record<string, readonly string[]>>;

/** A tool that isn't there, with the Debian package that brings it. */
export interface MissingTool {
  tool: string;
  debianPackage: string;
}

/** The tools of these packages that `has` doesn't know. */
export const missingTools = (packages: Packages, has: (tool: string) => boolean): MissingTool[] =>
  Object.entries(packages).flatMap(([debianPackage, tools]) =>
    tools.filter((tool) => !has(tool)).map((tool) => ({ tool, debianPackage })),
  );

/** The Debian packages that bring what is missing, each once. */
export const debianPackages = (missing: readonly MissingTool[]): string[] => [
  ...new Set(missing.map(({ debianPackage }) => debianPackage)),
];

/** The text of /etc/os-release as the ids that matter: its own, then those it is like. */
export function distributionIds(osRelease: string): string[] {
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(osRelease)?.[1] ?? "";
  return `${value("ID")} ${value("ID_LIKE")}`.split(" ").filter((id) => id !== "");
}

/** The command that installs what is missing, or undefined on a distribution that we don't know. */
export function installCommand(missing: readonly MissingTool[], ids: readonly string[]): string | undefined {
  const distribution = ids.map((id) => DISTRIBUTIONS.find((known) => known.ids.includes(id))).find((found) => found);
  if (!distribution) return undefined;
  const names = debianPackages(missing).map((name) => distribution.names[name] ?? name);
  return `${distribution.install} ${[...new Set(names)].join(" ")}`;
}

/** What is missing. */
export const missingMessage = (missing: readonly MissingTool[]): string =>
  `Missing on this machine: ${missing.map(({ tool }) => tool).join(", ")}.`;

/** The cure: the command of this distribution, or what the packages are called on Debian. */
export function howToInstall(missing: readonly MissingTool[], ids: readonly string[], root: boolean): string {
  const command = installCommand(missing, ids);
  return command
    ? `Install with: ${root ? "" : "sudo "}${command}`
    : `Install the packages that bring them (on Debian: ${debianPackages(missing).join(" ")}).`;
}
