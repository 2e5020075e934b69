/**
 * What was found of a list in which the order means nothing: what was declared comes first, in its
 * order.
 */
export function inOrderOf<T>(declared: readonly T[], found: readonly T[]): T[] {
  const has = (list: readonly T[], value: T) => list.some((each) => JSON.stringify(each) === JSON.stringify(value));
  return [...declared.filter((each) => has(found, each)), ...found.filter((each) => !has(declared, each))];
}
