import { setTimeout as sleep } from "node:timers/promises";
import type { Packages } from "../../system/packages.js";
import { findProgram } from "../../system/path.js";
import { localExec } from "../host/exec.js";
import { effectiveCapabilities } from "../host/files.js";
import { Host, type HostApi, type HostRun } from "../host/host.js";
import { Pauses } from "../host/lull.js";
import type { Product } from "../host/product.js";
import { print, type Say } from "../host/say.js";
import { Connections } from "../host/ssh/connections.js";
import { ASK_TOOLS, readTools, type ToolAnswers } from "../host/tools.js";
import { Unreadable } from "../kernel/errors.js";
import type { HostAddress } from "../kernel/host-address.js";
import { Claims } from "./claims.js";
import type { CheckFailure } from "./inputs.js";
import { Instances } from "./instances.js";
import { checkRights } from "./rights.js";
import { StackResources } from "./stack-resources.js";
import { StatedOwners } from "./stated.js";
import { checkTools, unfitHere } from "./tools.js";

/** How often a run that ends looks whether it is busy, in milliseconds. */
const LOOK_MS = 10;

/**
 * All that one run of a program remembers. A provider process serves one run and makes one of
 * these, the embedded engine makes one for each deployment (`provider/index.ts`), and a test one
 * for each run that it plays.
 */
export class Run implements HostRun {
  private readonly host?: HostApi;
  readonly pauses: Pauses;
  readonly say: Say;
  readonly connections: Connections;
  readonly claims = new Claims();
  readonly stated = new StatedOwners();
  readonly resources = new StackResources();
  /** What has things in it that have no resource → takes them out, when the run ends. */
  readonly strays = new Map<string, () => Promise<void>>();
  readonly instances = new Instances(this.stated);
  /** Why this process is to end, when it is: a change under way is finished, and no other begun. */
  ending?: string;
  private readonly hosts = new Map<string, Host>();
  private readonly said = new Set<string>();
  private readonly installed = new Map<string, boolean>();
  private capabilities?: Promise<bigint>;
  private tools?: Promise<ToolAnswers>;

  /**
   * Does the SDK that runs this process give the engine the inputs that `read` has found? Where it
   * doesn't, the state stays as it was.
   */
  readonly refreshesInputs: boolean;

  /** With `host` all resources live there, whatever they say: tests have a host of their own. */
  constructor(
    readonly product: Product,
    { refreshesInputs = true, say = print, host }: { refreshesInputs?: boolean; say?: Say; host?: HostApi } = {},
  ) {
    this.refreshesInputs = refreshesInputs;
    this.host = host;
    this.say = say;
    this.connections = new Connections(say);
    this.pauses = host?.pauses ?? new Pauses();
  }

  /** One object a host: what it has read is shared by all resources. */
  hostAt(address: HostAddress): HostApi {
    if (this.host) return this.host;
    const key = JSON.stringify(address);
    const host = this.hosts.get(key) ?? new Host(address, this);
    this.hosts.set(key, host);
    return host;
  }

  /** Is a change under way? */
  get busy(): boolean {
    return [...this.hosts.values()].some((host) => host.busy);
  }

  endsBecause(): string | undefined {
    return this.ending;
  }

  /** Ends it where others go on in its process. Resolves when no change is under way. */
  async end(why: string): Promise<void> {
    this.ending ??= why;
    while (this.busy) await sleep(LOOK_MS);
    await this.connections.close();
  }

  /** Prints a line that is of interest once a run; `about` tells it from others. */
  sayOnce(about: string, line: string): void {
    if (this.said.has(about)) return;
    this.said.add(about);
    this.say(line);
  }

  /**
   * What this machine lacks to be changed: rights and programs, both of which last as long as a
   * run.
   */
  async lacking(tools?: Packages): Promise<CheckFailure[]> {
    this.capabilities ??= effectiveCapabilities();
    const has = (each: string) => this.isInstalled(each);
    return [...checkRights(await this.capabilities), ...(await checkTools(tools, has, () => this.askTools()))];
  }

  /** A destroy checks nothing, so a host asks before its first look too. Throws Unreadable. */
  async mustBeFit(): Promise<void> {
    const unfit = unfitHere(await this.askTools());
    if (unfit !== undefined) throw new Unreadable(unfit);
  }

  /** Once a run. */
  private askTools(): Promise<ToolAnswers> {
    this.tools ??= localExec()(["sh", "-c", ASK_TOOLS]).then(({ stdout }) => readTools(stdout));
    return this.tools;
  }

  private isInstalled(program: string): boolean {
    const found = this.installed.get(program) ?? findProgram(program) !== undefined;
    this.installed.set(program, found);
    return found;
  }
}
