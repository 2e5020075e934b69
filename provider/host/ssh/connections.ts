import type { Machine } from "../machine.js";
import { print, type Say } from "../say.js";
import type { SshAddress } from "./dial.js";
import { SshHost } from "./machine.js";

/**
 * The connections of a run, one a machine and login: network namespaces of one machine share it.
 */
export class Connections {
  private readonly hosts = new Map<string, SshHost>();

  constructor(private readonly say: Say = print) {}

  /**
   * A machine over ssh, or a named network namespace of it. Nothing is dialled before the first
   * command.
   */
  machine(address: SshAddress, netns?: string): Machine {
    const key = JSON.stringify([address.connection, address.become]);
    const host = this.hosts.get(key) ?? new SshHost(address, this.say);
    this.hosts.set(key, host);
    return host.machine(netns);
  }

  /** Closes all of them; the next command dials anew. */
  async close(): Promise<void> {
    const hosts = [...this.hosts.values()];
    this.hosts.clear();
    await Promise.all(hosts.map((host) => host.close()));
  }

  /** How often all that stand have waited for their other side. */
  async roundTrips(): Promise<number> {
    const counts = await Promise.all([...this.hosts.values()].map((host) => host.roundTrips()));
    return counts.reduce((sum, count) => sum + count, 0);
  }
}
