import { UNKNOWN } from "../model/properties.js";
import type { PropertyMap, ResourceState } from "../model/types.js";
import { dynamicPackage, urnType } from "../model/urn.js";
import type { DynamicProvider } from "./dynamic-provider.js";
import type { OwnProvider } from "./own-provider.js";
import { declaredResources } from "./own-resources.js";
import type { Provider } from "./provider.js";

/**
 * The providers of a deployment, by package: those of the distribution are called in this process.
 * All others are the SDK's dynamic resources and have a process of their own, which starts when the
 * first of them comes.
 */
export class Providers implements Provider {
  constructor(
    private readonly own: ReadonlyMap<string, OwnProvider>,
    private readonly others: DynamicProvider,
  ) {}

  /** Starts what will be needed before it is: all that the state has, and this package's own. */
  prepare(state: ResourceState[], runsProgram: boolean): void {
    const isCustom = ({ type, custom }: ResourceState) => custom && type.startsWith("pulumi-nodejs:");
    const served = state.filter(isCustom).map(({ urn, inputs = {} }) => this.of(urn, inputs));
    const expected = runsProgram ? (this.own.size > 0 ? [...this.own.values()] : [this.others]) : [];
    for (const each of new Set([...served, ...expected])) each.prepare();
  }

  check: Provider["check"] = (urn, olds, news, unknowns) => this.of(urn, news, olds).check(urn, olds, news, unknowns);

  diff: Provider["diff"] = (urn, id, oldInputs, olds, news, unknowns) =>
    this.of(urn, news, olds).diff(urn, id, oldInputs, olds, news, unknowns);

  create: Provider["create"] = async (urn, inputs) => {
    const made = await this.of(urn, inputs).create(urn, inputs);
    if (made.id === "") throw new Error(`plugin returned empty resource.ID from create '${urn}'`);
    return made;
  };

  update: Provider["update"] = (urn, id, oldInputs, olds, inputs) =>
    this.of(urn, inputs).update(urn, id, oldInputs, olds, inputs);

  read: Provider["read"] = (urn, id, inputs, outputs) => this.of(urn, outputs).read(urn, id, inputs, outputs);

  delete: Provider["delete"] = (urn, id, inputs, outputs) => this.of(urn, outputs).delete(urn, id, inputs, outputs);

  /** Says that the program has declared all; of `untargeted` no call has said anything. */
  async finish(untargeted: { type: string; properties: PropertyMap }[]): Promise<void> {
    for (const [name, own] of this.own) await own.finish(declaredResources(name, untargeted));
  }

  async close(): Promise<void> {
    await Promise.all([...this.own.values(), this.others].map((each) => each.close()));
  }

  /** Whose code a resource has: a preview may not know it, and then it stays as it is. */
  private of(urn: string, ...properties: PropertyMap[]): OwnProvider | DynamicProvider {
    const own = this.own.get(dynamicPackage(urnType(urn)) ?? "");
    const code = properties.map(({ __provider }) => __provider).find((each) => each !== UNKNOWN);
    return own?.serves(code) ? own : this.others;
  }
}
