import * as pulumi from "@pulumi/pulumi";

type Properties = Record<string, unknown>;

/** The six calls of a dynamic resource, each answered at once. */
const provider: pulumi.dynamic.ResourceProvider = {
  async check(_olds: Properties, news: Properties) {
    return { inputs: news, failures: [] };
  },
  async diff() {
    return {};
  },
  async create(inputs: Properties) {
    return { id: String(inputs.name), outs: inputs };
  },
  async update(_id: string, _olds: Properties, news: Properties) {
    return { outs: news };
  },
  async read(id: string, props: Properties) {
    return { id, props };
  },
  async delete() {},
};

/**
 * A dynamic resource as in Pulumi's documentation. It keeps its inputs and does nothing, so its
 * cost is the engine's.
 */
export class Nothing extends pulumi.dynamic.Resource {
  declare readonly name: pulumi.Output<string>;

  constructor(kind: string, name: string, args: { name: pulumi.Input<string>; [argument: string]: unknown }) {
    super(provider, name, args, undefined, "bench", kind);
  }
}
