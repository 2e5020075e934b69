type Properties = Record<string, unknown>;

/** The six calls of a dynamic resource, each answered at once. */
export const nothing = {
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
