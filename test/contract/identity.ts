import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { markOf, parseOwner } from "../../provider/ownership/mark.js";
import { type Case, cases } from "./cases.js";
import { Made, type Rig } from "./made.js";
import { markBefore } from "./remark.js";

/**
 * Names that only a hash tells apart: what is replaced in a readable field, and what is cut off.
 */
const LONG = "x".repeat(100);
const ALIKE = [
  ["x:1", "x 1"],
  [`${LONG}1`, `${LONG}2`],
] as const;

/**
 * What every resource promises about whose a thing is. Where `model` is true the host is a model:
 * there all is tried, and on a kernel what it could keep otherwise.
 */
export function identity(
  name: string,
  makeRig: () => Promise<Rig>,
  { model, some = cases }: { model: boolean; some?: readonly Case[] },
): void {
  const titled = some.map((each) => ({ ...each, title: each.kind + (each.on ?? "") }));
  describe.each(titled)(`${name}, whose it is: $title`, ({ kind, inputs, needs, change }) => {
    const said: string[] = [];
    let rig: Rig;
    let pristine: unknown;
    let made: Made;

    beforeEach(async () => {
      said.length = 0;
      vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
      rig = await makeRig();
      pristine = await rig.dump();
      made = new Made(rig);
      for (const [each, args] of needs) await made.make(each, args);
    });

    afterEach(async () => {
      vi.restoreAllMocks();
      await made.deleteAll();
      expect(await rig.dump()).toEqual(pristine);
    });

    const as = (owner: string): Inputs => ({ ...inputs, __owner: owner });
    const mark = ({ __owner }: Inputs) => markOf(parseOwner(String(__owner)));
    const own = mark(inputs);
    const ownerOf = (text: string) => own.replace(/^hostnet:[0-9a-f]{8}:(.*):.*$/, `${text} $1`);

    if (model)
      it("without a word where there was nothing", async () => {
        await made.make(kind, inputs);
        expect(said).toEqual([]);
      });

    it("made by version 0.1, it goes on as it is, and its next change writes whole names", async () => {
      const [id, outs] = await made.make(kind, inputs);
      const whole = await rig.dump();
      await rig.remark(own, markBefore(own));
      const before = await rig.dump();
      expect(before).not.toEqual(whole);
      const lifecycle = rig.lifecycle(kind);
      expect((await lifecycle.check(inputs, inputs)).failures).toEqual([]);
      expect((await lifecycle.diff(id, outs, inputs)).changes).not.toBe(true);
      expect((await lifecycle.read(id, outs)).id).toBe(id);
      expect(await rig.dump()).toEqual(before);
      const { outs: changed } = await lifecycle.update(id, outs, { ...inputs, ...change });
      made.now(kind, id, changed);
      const { outs: back } = await lifecycle.update(id, changed, inputs);
      made.now(kind, id, back);
      expect(await rig.dump()).toEqual(whole);
      expect(said).toEqual([]);
    });

    it("made by version 0.1, it is removed as it is", async () => {
      const before = await rig.dump();
      const [id, outs] = await made.make(kind, inputs);
      await rig.remark(own, markBefore(own));
      await rig.lifecycle(kind).delete(id, outs);
      expect(await rig.dump()).toEqual(before);
      expect(said).toEqual([]);
    });

    it("under another name of its stack it keeps what it has: a preview says so, and an update writes the name", async () => {
      const [id, outs] = await made.make(kind, inputs);
      const before = await rig.dump();
      const news = as(String(inputs.__owner).replace("contract/test/", "contract/prod/"));
      const lifecycle = rig.lifecycle(kind);
      expect((await lifecycle.check(inputs, news)).failures).toEqual([]);
      expect(await lifecycle.diff(id, outs, news)).toEqual({ changes: true });
      const [, renamed = ""] = said.splice(0)[0]?.split(": owner: ") ?? [];
      expect(renamed).toBe(`${ownerOf("found")}, ${ownerOf("declared").replace("contract/test/", "contract/prod/")}`);
      const { outs: now } = await lifecycle.update(id, outs, news);
      made.now(kind, id, now);

      // All that bore the one mark bears the other, and nothing else is different.
      const after = await rig.dump();
      await rig.remark(mark(news), own);
      expect(await rig.dump()).toEqual(before);
      await rig.remark(own, mark(news));
      expect(await rig.dump()).toEqual(after);
      expect((await lifecycle.diff(id, now, news)).changes).not.toBe(true);

      // A new stack of the old name has nothing of it.
      await expect(rig.lifecycle(kind).create(inputs)).rejects.toThrow(/contract\/prod\/.*another stack/);
      await rig.lifecycle(kind).delete(id, outs);
      expect(said).toEqual([expect.stringMatching(/not removed, for it belongs to contract\/prod\//)]);
      expect(await rig.dump()).toEqual(after);
    });

    it("killed amid that update, it is neither another's nor left", async () => {
      const [id, outs] = await made.make(kind, inputs);
      const news = as(String(inputs.__owner).replace("contract/test/", "contract/prod/"));
      const { outs: now } = await rig.lifecycle(kind).update(id, outs, news);
      made.now(kind, id, now);
      const after = await rig.dump();
      // The state still has what was before.
      expect(await rig.lifecycle(kind).diff(id, outs, news)).toEqual({ changes: true });
      expect(said.join("\n")).not.toMatch(/another stack/);
      await rig.lifecycle(kind).update(id, outs, news);
      expect(await rig.dump()).toEqual(after);
    });

    it.each(model ? ALIKE : [])("is refused to another resource of almost that name, %#", async (one, other) => {
      await made.create(kind, as(`contract/test/${one}`));
      const before = await rig.dump();
      const second = rig.lifecycle(kind).create(as(`contract/test/${other}`));
      await expect(second).rejects.toThrow(/another resource of this stack.*aliases: \[\{ name/);
      expect(await rig.dump()).toEqual(before);
    });

    it.each(model ? ALIKE : ALIKE.slice(0, 1))(
      "where version 0.1 can't tell two apart, it stays with the one that the program has, %#",
      async (one, other) => {
        const first = as(`contract/test/${one}`);
        const [id, outs] = await made.create(kind, first);
        await rig.remark(mark(first), markBefore(mark(first)));
        made.states.pop();
        const second = as(`contract/test/${other}`);
        const [, secondOuts] = await made.create(kind, second);
        expect(said).toEqual([expect.stringMatching(/taken over/)]);
        const taken = await rig.dump();
        await rig.lifecycle(kind).delete(id, outs);
        expect(await rig.dump()).toEqual(taken);
        expect((await rig.lifecycle(kind).diff(id, secondOuts, second)).changes).not.toBe(true);
      },
    );

    if (model)
      it("says, once, that it takes over what bears its mark and is in no state", async () => {
        const left = as("contract/test/left");
        await made.create(kind, left);
        made.states.pop();
        const before = await rig.dump();
        await made.create(kind, left);
        expect(said).toEqual([
          expect.stringContaining("bears this resource's mark (contract/test/left), but is not in the state"),
        ]);
        expect(await rig.dump()).toEqual(before);
      });
  });
}
