import * as pulumi from "@pulumi/pulumi";

/** As ours, a constant text that imports a module, which here does nothing. */
const PROVIDER = `exports.handler=()=>import(${JSON.stringify(new URL("nothing-provider.js", import.meta.url).href)}).then(m=>m.nothing)`;

/** A dynamic resource that keeps its inputs and does nothing: what is left is what the engine costs. */
export class Nothing extends pulumi.CustomResource {
  declare readonly name: pulumi.Output<string>;

  constructor(kind: string, name: string, args: { name: pulumi.Input<string>; [argument: string]: unknown }) {
    const owner = `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
    super(`pulumi-nodejs:dynamic/bench:${kind}`, name, { ...args, __provider: PROVIDER, __owner: owner });
  }
}
