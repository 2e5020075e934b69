import * as pulumi from "@pulumi/pulumi";
import { type HostArgs, withSecrets } from "./host";

/**
 * What the provider process evaluates to find a resource's code: a constant text that imports a
 * name. Pulumi keeps it in the state of every resource, so it must never change once released; the
 * code behind the name may. This file alone knows that the resources are Pulumi dynamic resources
 * (whose own base class would serialise the provider's code into the state instead).
 */
const providerOf = (handler: string) => `exports.handler=()=>import("pulumi-hostnet/provider").then(m=>m.${handler})`;

/** Arguments that every resource takes. */
export interface CommonArgs {
  /**
   * Where it lives: on this machine, in a network namespace, or on a machine over ssh. A change
   * of the machine or the namespace replaces the resource; another user or key does not.
   *
   * @defaultValue This machine.
   */
  host?: pulumi.Input<HostArgs>;
  /**
   * Whether to take over an object of its name that is there already and that nobody has marked.
   * One that another stack has marked is refused all the same.
   *
   * @defaultValue `false`
   */
  adopt?: pulumi.Input<boolean>;
}

/**
 * Every property of a resource has four promises. Pulumi notes a stack trace with each and maps
 * every line of it to its source, which is most of what a declaration costs. It shows them only to
 * those who look for promises that leak.
 */
const FRAMES = process.env.PULUMI_DEBUG_PROMISE_LEAKS ? Error.stackTraceLimit : 1;

/**
 * A resource of this package. `outputs` are all its properties: arguments, those left out too, and
 * what the provider adds.
 */
export abstract class HostResource extends pulumi.CustomResource {
  /** Where it lives, as declared. */
  declare readonly host: pulumi.Output<pulumi.Unwrap<HostArgs> | undefined>;
  /** Whether it may take over what nobody has marked, as declared. */
  declare readonly adopt: pulumi.Output<boolean | undefined>;

  constructor(type: string, name: string, args: object, outputs: string[], opts?: pulumi.CustomResourceOptions) {
    const kind = type.slice(type.lastIndexOf(":") + 1);
    // The provider is told nothing but an id then, and not even where its code is.
    if (opts?.import !== undefined)
      throw new pulumi.RunError(
        `${kind} "${name}": the option import can't be used; what is there already is taken over with the argument adopt: true`,
      );
    const handler = kind.charAt(0).toLowerCase() + kind.slice(1);
    const properties = ["host", "adopt", ...outputs];
    const props: pulumi.Inputs = { ...Object.fromEntries(properties.map((key) => [key, undefined])), ...args };
    if (props.host !== undefined) props.host = withSecrets(props.host as pulumi.Input<HostArgs>);
    props.__provider = providerOf(handler);
    props.__owner = `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = FRAMES;
    try {
      super(type, name, props, opts);
    } catch (error) {
      Error.stackTraceLimit = limit;
      if (error instanceof Error) error.stack += new Error().stack?.replace(/^[^\n]*/, "") ?? "";
      throw error;
    } finally {
      Error.stackTraceLimit = limit;
    }
  }
}

type Named = { name: pulumi.Output<string> };

/**
 * The name of what an argument refers to, which may be given as a resource or as a plain name. Each
 * output that a program makes costs it time, so a resource given as such is asked for its own.
 */
export function nameOf(reference: pulumi.Input<string | Named>): pulumi.Input<string>;
export function nameOf(reference: pulumi.Input<string | Named> | undefined): pulumi.Input<string> | undefined;
export function nameOf(reference: pulumi.Input<string | Named> | undefined): pulumi.Input<string> | undefined {
  if (reference === undefined || typeof reference === "string") return reference;
  if (pulumi.CustomResource.isInstance(reference)) return (reference as unknown as Named).name;
  return pulumi.output(reference).apply((it) => (typeof it === "string" ? it : it.name)) as pulumi.Output<string>;
}
