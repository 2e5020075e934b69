import type { Refusal } from "../kernel/errors.js";
import { hostIdentity } from "../kernel/host-address.js";
import type { Snapshot } from "../kernel/snapshot.js";
import type { Context, Noted } from "../ownership/context.js";
import { belongsTo, isOf } from "../ownership/mark.js";
import { NotOurs } from "../ownership/refuse.js";
import type { Wish } from "./inputs.js";
import type { Resource } from "./resource.js";
import type { Run } from "./run.js";

/** What stands where a resource is to be, by what a run can do about it. */
interface Strangers {
  /** A create or an update fails on these. */
  refused: Refusal[];
  /** `adopt: true` takes these over. */
  adopted: NotOurs[];
  /** They are of another resource of this stack, which this run may delete before. */
  unclear: NotOurs[];
}

export function strangersAt<D, S extends Noted>(
  { run, definition }: Resource<D, S>,
  { desired, adopt }: Wish<D>,
  host: Snapshot,
  context: Context<S>,
): Strangers {
  const found: Strangers = { refused: [], adopted: [], unclear: [] };
  const strangers = definition.strangers?.(desired, host, { ...context, adopt: false }) ?? [];
  const unfit = (definition.unfit?.(desired, host, context) ?? []).filter((each) => !(each instanceof NotOurs));
  for (const each of [...strangers, ...unfit]) {
    if (!(each instanceof NotOurs)) found.refused.push(each);
    else if (belongsTo(each.found.mark, context) === "ours") addOwn(found, each, run, context);
    else (adopt && mayBeAdopted(each, context) ? found.adopted : found.refused).push(each);
  }
  return found;
}

const mayBeAdopted = ({ found: { mark, byName } }: NotOurs, context: Context): boolean =>
  byName && belongsTo(mark, context) === "nobody";

/** What another resource of the stack has may be gone when it is this one's turn. */
function addOwn(found: Strangers, each: NotOurs, run: Run, context: Context): void {
  const { mark = "", byName } = each.found;
  if (!byName || isOf(mark, context)) return;
  if (run.resources.lacks(mark)) found.refused.push(each);
  else found.unclear.push(each);
}

/** Says, once a run, what is taken over, and what is so unless it is deleted before. */
export function sayStrangers<D, S extends Noted>(
  { run, kind, definition }: Resource<D, S>,
  { desired, host }: Wish<D>,
  { adopted, unclear }: Strangers,
): void {
  const id = `${kind} ${definition.id(desired)}`;
  const say = (line: string) => run.sayOnce(`${hostIdentity(host)} ${line}`, line);
  for (const { found } of adopted)
    say(`${id}: ${found.what} is there already and bears nobody's mark: taken over, as adopt: true says`);
  for (const { reason } of unclear) say(`${id}: refused, unless this run deletes that before: ${reason}`);
}
