import { describe, expect, it } from "vitest";
import { forgetFlows } from "../../provider/host/conntrack.js";
import type { Exec } from "../../provider/host/exec.js";
import type { StaleFlows } from "../../provider/kernel/flows.js";
import type { Protocol } from "../../provider/kernel/service-spec.js";

/** `conntrack -L` (1.4.7): two untranslated flows, one to an endpoint, and one to no service. */
const LISTED = `udp      17 29 src=10.9.0.1 dst=10.100.1.2 sport=46491 dport=53 [UNREPLIED] src=10.100.1.2 dst=10.9.0.1 sport=53 dport=46491 mark=0 use=1
tcp      6 119 SYN_SENT src=10.9.0.1 dst=10.100.1.1 sport=40258 dport=8080 [UNREPLIED] src=10.100.1.1 dst=10.9.0.1 sport=8080 dport=40258 mark=0 use=1
tcp      6 431999 ESTABLISHED src=10.9.0.1 dst=10.100.1.3 sport=40260 dport=8080 src=10.0.0.11 dst=10.9.0.1 sport=8080 dport=40260 [ASSURED] mark=0 use=1
tcp      6 119 SYN_SENT src=10.9.0.1 dst=10.9.0.77 sport=50168 dport=8080 [UNREPLIED] src=10.9.0.77 dst=10.9.0.1 sport=8080 dport=50168 mark=0 use=2
`;
const service = (address: string, port = 8080, protocol: Protocol = "tcp"): StaleFlows => ({ address, port, protocol });
const SERVICES = [
  service("10.100.1.1"),
  service("10.100.1.1", 8081),
  service("10.100.1.2", 53, "udp"),
  service("10.100.1.2", 53),
  service("10.100.1.3"),
  service("10.100.1.4"),
];

/** The conntrack commands that are run, by a host whose listing ends with `exitCode`. */
async function commands(services: StaleFlows[], exitCode = 0): Promise<string[]> {
  const run: string[] = [];
  const exec: Exec = async ([tool = "", ...args]) => {
    if (tool === "sysctl") return { stdout: "4\n", stderr: "", exitCode: 0 };
    run.push(args.join(" "));
    const says = (count: string) => `conntrack v1.4.7 (conntrack-tools): ${count}.\n`;
    if (args[0] !== "-L") return { stdout: "", stderr: says("0 flow entries have been deleted"), exitCode: 1 };
    if (exitCode !== 0) return { stdout: "", stderr: says("Operation failed: Cannot allocate memory"), exitCode };
    return { stdout: LISTED, stderr: says("4 flow entries have been shown"), exitCode };
  };
  await forgetFlows(exec, services);
  return run;
}

const deletion = (protocol: string, address: string, port: number) =>
  `-D -p ${protocol} --orig-dst ${address} --orig-port-dst ${port} --reply-src ${address}`;

describe("untranslated flows", () => {
  it("of many services are looked for once, and only those with some are deleted from", async () => {
    expect(await commands(SERVICES)).toEqual([
      "-L",
      deletion("tcp", "10.100.1.1", 8080),
      deletion("udp", "10.100.1.2", 53),
    ]);
  });

  it("of one service are deleted without looking", async () => {
    expect(await commands([service("10.100.1.4")])).toEqual([deletion("tcp", "10.100.1.4", 8080)]);
  });

  it("are deleted service by service where the table can't be listed", async () => {
    expect(await commands(SERVICES, 1)).toHaveLength(1 + SERVICES.length);
  });
});

describe("flows at an endpoint", () => {
  it("are named by their answering end, and those of a node port one by one", async () => {
    const stale: StaleFlows[] = [
      { protocol: "tcp", address: "10.100.1.3", port: 8080, endpoint: "10.0.0.11:8080" },
      { protocol: "tcp", address: "10.100.1.3", port: 8080, endpoint: "10.0.0.12:8080" },
      { protocol: "tcp", address: "", port: 8080, endpoint: "10.0.0.11:8080" },
      { protocol: "tcp", address: "", port: 8080, endpoint: "10.0.0.11:8080", except: ["10.100.1.3"] },
    ];
    expect(await commands(stale)).toEqual([
      "-L",
      "-D -p tcp --orig-dst 10.100.1.3 --orig-port-dst 8080 --reply-src 10.0.0.11 --reply-port-src 8080",
      "-D -p tcp --orig-src 10.9.0.1 --orig-port-src 40260 --orig-dst 10.100.1.3 --orig-port-dst 8080",
    ]);
  });
});
