import { ArrayType, type DeclarationReflection, ReferenceType, type SomeType, UnionType } from "typedoc";

/** Leaves out of a declaration what says something of the implementation, or of Pulumi, alone. */
export function simplify(each: DeclarationReflection): void {
  for (const key of ["extendedTypes", "extendedBy", "implementedTypes", "inheritedFrom", "overwrites"] as const)
    each[key] = undefined;
  each.typeHierarchy = undefined;
  if (each.type) each.type = simple(each.type);
}

/**
 * A type as people say it. An `Input` takes inputs at any depth, so the outermost says it all; an
 * `Output` is one by whatever name, and has no inputs in it.
 */
function simple(type: SomeType, inside = false): SomeType {
  if (type instanceof ArrayType) return new ArrayType(simple(type.elementType, inside));
  if (type instanceof UnionType) return new UnionType(type.types.map((each) => simple(each, inside)));
  if (!(type instanceof ReferenceType)) return type;
  type.name = type.name.replace(/^pulumi\./, "").replace(/^OutputInstance$/, "Output");
  const [argument] = type.typeArguments ?? [];
  if (argument && (type.name.startsWith("Unwrap") || (inside && type.name === "Input")))
    return simple(argument, inside);
  const isLifted = type.name === "Input" || type.name === "Output";
  type.typeArguments = type.typeArguments?.map((each) => simple(each, inside || isLifted));
  return type;
}
