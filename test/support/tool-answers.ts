/** What ASK_TOOLS prints on Debian 12. */
export const ANSWERS = {
  ip: "ip utility, iproute2-6.1.0, libbpf 1.1.2",
  iptables: "iptables v1.8.9 (nf_tables)",
  nft: "nftables v1.0.6 (Lester Gooch #5)",
  flock: "flock from util-linux 2.38.1",
  nsenter: "nsenter from util-linux 2.38.1",
  sysctl: "sysctl from procps-ng 4.0.2",
  folder: '\nCannot remove namespace file "/run/netns/pulumi-hostnet-asks": No such file or directory',
  system: "ID=debian",
};

/** The same with other answers; undefined: that tool is not there. */
export const toolAnswers = (others: Partial<Record<keyof typeof ANSWERS, string | undefined>> = {}): string =>
  [...Object.entries({ ...ANSWERS, ...others }), ["end", ""] as const]
    .flatMap(([name, said]) => (said === undefined ? [] : [`\x1e${name}\n${said === "" ? "" : `${said}\n`}`]))
    .join("");

/** What BusyBox 1.35 says to the same words. */
export const BUSYBOX = {
  ip: `BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.

Usage: ip [OPTIONS] address|route|link|tunnel|neigh|rule [ARGS]`,
  nsenter: `nsenter: unrecognized option '--version'
BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.`,
};
