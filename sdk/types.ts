/** The Pulumi type of a kind of resource. */
export const typeOf = (kind: string) => `pulumi-nodejs:dynamic/hostnet:${kind}`;

/**
 * Is it a resource of that type, of whichever copy of this package? Policies ask so, of an object
 * that has a type and nothing else.
 */
export const isOfType = (obj: unknown, type: string): boolean =>
  typeof obj === "object" && obj !== null && (obj as { __pulumiType?: unknown }).__pulumiType === type;
