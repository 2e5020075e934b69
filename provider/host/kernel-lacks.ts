import { HostError } from "../kernel/errors.js";
import { type Lack, lackIn } from "./classify.js";

/** An error of iptables; where the kernel lacks what it takes, with what that is and the cure. */
export function namingLack(error: unknown): unknown {
  if (!(error instanceof HostError)) return error;
  const lack = lackIn(error.stderr);
  if (!lack) return error;
  const tool = error.command.startsWith("ip6tables") ? "ip6tables" : "iptables";
  const cure = `${CURES[lack.of](tool, lack.name)}. In a container the machine itself has to load modules`;
  return new HostError(error.code, error.command, `${error.stderr.trim()}\n${cure}`, error.undone);
}

type Tool = "iptables" | "ip6tables";

/** Which variant a host's iptables is, Debian and its like keep as an alternative. */
const choose = (tool: Tool, variant: "legacy" | "nft") =>
  `let ${tool} be ${tool}-${variant} (update-alternatives --set ${tool} /usr/sbin/${tool}-${variant})`;

const CURES: { [Of in Lack["of"]]: (tool: Tool, name: string) => string } = {
  nf_tables: (tool) => {
    const version = tool === "ip6tables" ? "IPv6" : "IPv4";
    const option = `CONFIG_NF_TABLES_${version.toUpperCase()}`;
    return `This kernel has no nf_tables for ${version}: load the modules (modprobe -a nf_tables nft_compat nft_chain_nat), take a kernel that was built with ${option} and CONFIG_NFT_COMPAT, or ${choose(tool, "legacy")}`;
  },
  extension: (_tool, name) =>
    `This kernel has no xt_${name}: load the module (modprobe xt_${name}), or take a kernel that was built with it`,
  table: (tool, name) => {
    const module = `${tool === "ip6tables" ? "ip6table" : "iptable"}_${name}`;
    return `This kernel has no ${module}: load the module (modprobe ${module}), take a kernel that was built with it, or ${choose(tool, "nft")}`;
  },
};
