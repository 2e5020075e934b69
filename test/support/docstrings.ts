import {
  ArrayType,
  type Comment,
  type DeclarationReflection,
  IntersectionType,
  IntrinsicType,
  LiteralType,
  type ProjectReflection,
  ReferenceType,
  ReflectionKind,
  type SomeType,
  TypeOperatorType,
  UnionType,
} from "typedoc";
import { z } from "zod";

const textOf = (parts: Comment["summary"] = []) => parts.map(({ text }) => text).join("");

/** What a docstring says, and what it says behind one of its tags; undefined without that tag. */
export const summary = ({ comment }: { comment?: Comment }): string => textOf(comment?.summary);
export const tag = ({ comment }: { comment?: Comment }, name: `@${string}`): string | undefined => {
  const found = comment?.getTag(name);
  return found && textOf(found.content).trim();
};

/** The texts in backticks that are JSON: `"10.0.0.1/24"`, but neither `adopt` nor `1280`. */
export function examples(text: string): unknown[] {
  return [...text.matchAll(/`([["{][^`]*)`/g)].flatMap(([, code]) => {
    try {
      return [JSON.parse(code!)];
    } catch {
      return [];
    }
  });
}

/** The innermost types of a value: of `Input<Input<string>[]>` it is `string`. */
export function leaves(type: SomeType | undefined): SomeType[] {
  if (type instanceof ArrayType) return leaves(type.elementType);
  if (type instanceof TypeOperatorType) return leaves(type.target);
  if (type instanceof UnionType || type instanceof IntersectionType) return type.types.flatMap(leaves);
  if (!(type instanceof ReferenceType)) return type ? [type] : [];
  if (type.name === "Input") return leaves(type.typeArguments?.[0]);
  if (type.name === "Record") return leaves(type.typeArguments?.[1]);
  const alias = type.reflection as DeclarationReflection | undefined;
  return alias?.kind === ReflectionKind.TypeAlias ? leaves(alias.type) : [type];
}

export const isIntrinsic = (name: string) => (type: SomeType) => type instanceof IntrinsicType && type.name === name;

/** The words that a value may be, where its type lists them. */
export const literals = (type: SomeType | undefined): string[] =>
  leaves(type).flatMap((each) => (each instanceof LiteralType && typeof each.value === "string" ? [each.value] : []));

/** The interfaces that a type names at its innermost. */
export const interfacesIn = (type: SomeType | undefined): DeclarationReflection[] =>
  leaves(type).flatMap((each) => {
    const found = each instanceof ReferenceType ? (each.reflection as DeclarationReflection | undefined) : undefined;
    return found?.kind === ReflectionKind.Interface ? [found] : [];
  });

export const propertiesOf = (of: DeclarationReflection): DeclarationReflection[] =>
  (of.children ?? []).filter(({ kind }) => kind === ReflectionKind.Property);

/**
 * The interfaces that programs fill in: what constructors, functions and methods take, and what is
 * in that. One with methods, such as a host, is made by us.
 */
export function given(project: ProjectReflection): Set<DeclarationReflection> {
  const found = new Set<DeclarationReflection>();
  const take = (type: SomeType | undefined) => {
    for (const each of interfacesIn(type)) {
      if (found.has(each) || each.children?.some(({ kind }) => kind === ReflectionKind.Method)) continue;
      found.add(each);
      for (const property of propertiesOf(each)) take(property.type);
    }
  };
  for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter))
    take((parameter as DeclarationReflection).type);
  return found;
}

/** The schema of a list's elements, or of what may be left out or is made something else of. */
export function inner(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return inner(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return inner(schema.def.in);
  return schema instanceof z.ZodArray ? inner(schema.def.element) : schema;
}

/** Whether a schema takes a value, alone or as an element of a list. */
export const takes = (schema: z.core.$ZodType, value: unknown): boolean =>
  [value, [value]].some((each) => z.safeParse(schema, each).success);

type Shape = Record<string, z.core.$ZodType>;

/** These interfaces and all that are in them, each with what its schema has by name. */
export function withSchemas(
  roots: (readonly [DeclarationReflection, z.core.$ZodType])[],
): [DeclarationReflection, Shape][] {
  const found = new Map<DeclarationReflection, Shape>();
  const take = (type: DeclarationReflection, schema: z.core.$ZodType) => {
    const object = inner(schema);
    if (found.has(type) || !(object instanceof z.ZodObject)) return;
    found.set(type, object.shape);
    for (const property of propertiesOf(type)) {
      const part = object.shape[property.name];
      if (part) for (const each of interfacesIn(property.type)) take(each, part);
    }
  };
  for (const [type, schema] of roots) take(type, schema);
  return [...found];
}
