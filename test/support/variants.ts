import { rmSync, symlinkSync } from "node:fs";

/** Makes one of its two variants the iptables of the host of the test. */
export function choose(variant: "nft" | "legacy"): void {
  for (const family of ["iptables", "ip6tables"])
    for (const tool of ["", "-save", "-restore"]) {
      rmSync(`/etc/alternatives/${family}${tool}`);
      symlinkSync(`/usr/sbin/${family}-${variant}${tool}`, `/etc/alternatives/${family}${tool}`);
    }
}
