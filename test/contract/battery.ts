import { isDeepStrictEqual } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Inputs } from "../../provider/lifecycle/inputs.js";
import { type Case, cases } from "./cases.js";
import { Made, type Rig } from "./made.js";

/** What every resource promises, on every kind of host. */
export function battery(name: string, makeRig: () => Promise<Rig>, some: readonly Case[] = cases): void {
  const titled = some.map((each) => ({ ...each, title: each.kind + (each.on ?? "") }));
  describe.each(titled)(`${name}: $title`, (each) => {
    let rig: Rig;
    let pristine: unknown;
    let made: Made;

    beforeEach(async () => {
      rig = await makeRig();
      pristine = await rig.dump();
      made = new Made(rig);
      for (const [kind, inputs] of each.needs) await made.make(kind, inputs);
    });

    afterEach(async () => {
      await made.deleteAll();
      expect(await rig.dump()).toEqual(pristine);
    });

    /** What a refresh never touches; it notes beside it what was declared. */
    const kept = ({ __declared: _, ...outs }: Inputs) =>
      Object.fromEntries(Object.entries(outs).filter(([key]) => key === "name" || key === "adopt" || /^__/.test(key)));

    const drifted = async (id: string, outs: Inputs, inputs: Inputs) =>
      (await rig.lifecycle(each.kind).diff(id, outs, inputs)).changes === true;

    it("is as wished once it is made, and there", async () => {
      const [id, outs] = await made.make(each.kind, each.inputs);
      expect(await drifted(id, outs, each.inputs)).toBe(false);
      expect((await rig.lifecycle(each.kind).read(id, outs)).id).toBe(id);
    });

    it("made again after a kill, changes nothing", async () => {
      const [id, outs] = await made.make(each.kind, each.inputs);
      const before = await rig.dump();
      const again = (await rig.lifecycle(each.kind).create(each.inputs)).outs;
      expect(again).toEqual({ ...outs, __instance: again.__instance });
      expect(await rig.dump()).toEqual(before);
      // Of the first one no state file says anything.
      made.now(each.kind, id, again);
    });

    it.each(Object.entries(each.drifts))("sees that %s, and heals it", async (_what, steps) => {
      const [id, outs] = await made.make(each.kind, each.inputs);
      const before = await rig.dump();
      for (const step of steps) await rig.byHand(step);
      expect(await rig.dump()).not.toEqual(before);
      expect(await drifted(id, outs, each.inputs)).toBe(true);
      const healed = await rig.lifecycle(each.kind).update(id, outs, each.inputs);
      expect(healed.outs).toEqual(outs);
      expect(await rig.dump()).toEqual(before);
      expect(await drifted(id, outs, each.inputs)).toBe(false);
    });

    it.each(Object.entries(each.drifts))("refreshed after that %s, it settles, and heals", async (what, steps) => {
      const [id, outs] = await made.make(each.kind, each.inputs);
      const before = await rig.dump();
      for (const step of steps) await rig.byHand(step);
      const lifecycle = rig.lifecycle(each.kind);
      const seen = await lifecycle.read(id, outs);
      if (seen.id !== "") {
        expect(await lifecycle.read(id, seen.props)).toEqual({ id, props: seen.props });
        // What can't be declared stays drift: that an interface is down, and what comes with rules
        // and is there without them (a switch that is on, an empty table).
        const stays = what.startsWith("it is set down") || what.startsWith("its rules that");
        if (seen.inputs) expect(await drifted(id, seen.props, seen.inputs)).toBe(stays);
        expect(kept(seen.props)).toEqual(kept(outs));
      }
      const { changes, replaces = [] } = await lifecycle.diff(id, seen.props, each.inputs);
      expect(replaces).toEqual([]);
      // Where it isn't drift, the engine sees that the inputs of the state are not the program's.
      const isSeen = seen.inputs !== undefined && !isDeepStrictEqual(seen.inputs, each.inputs);
      expect(changes === true || isSeen).toBe(true);
      const healed = await lifecycle.update(id, seen.props, each.inputs);
      expect(healed.outs).toEqual(outs);
      expect(await rig.dump()).toEqual(before);
    });

    // The folder of a resolv.conf that somebody has deleted stays, with a refresh and without.
    const noted = Object.entries(each.drifts).filter(([what]) => what !== "resolv.conf is gone");
    it.each(noted)("refreshed after that %s, it is gone when deleted", async (_what, steps) => {
      const before = await rig.dump();
      const [id, outs] = await made.make(each.kind, each.inputs);
      for (const step of steps) await rig.byHand(step);
      const seen = await rig.lifecycle(each.kind).read(id, outs);
      await rig.lifecycle(each.kind).delete(id, seen.props);
      expect(await rig.dump()).toEqual(before);
    });

    it("changes in place", async () => {
      const [id, outs] = await made.make(each.kind, each.inputs);
      const before = await rig.dump();
      const news = { ...each.inputs, ...each.change };
      const lifecycle = rig.lifecycle(each.kind);
      expect((await lifecycle.diff(id, outs, news)).replaces ?? []).toEqual([]);
      const { outs: after } = await lifecycle.update(id, outs, news);
      made.now(each.kind, id, after);
      expect(await rig.dump()).not.toEqual(before);
      expect(await drifted(id, after, news)).toBe(false);
      // And back again, to the very same host.
      const back = await lifecycle.update(id, after, each.inputs);
      made.now(each.kind, id, back.outs);
      expect(await rig.dump()).toEqual(before);
    });

    it("is gone when deleted, however often", async () => {
      const before = await rig.dump();
      const [id, outs] = await made.make(each.kind, each.inputs);
      expect(await rig.dump()).not.toEqual(before);
      await rig.lifecycle(each.kind).delete(id, outs);
      expect(await rig.dump()).toEqual(before);
      expect((await rig.lifecycle(each.kind).read(id, outs)).id).toBe("");
      await rig.lifecycle(each.kind).delete(id, outs);
    });

    it("refuses what nobody marked, and leaves it as it is", async () => {
      await withForeign(each, async () => {
        const before = await rig.dump();
        await expect(rig.lifecycle(each.kind).create(each.inputs)).rejects.toThrow(/adopt: true/);
        expect(await rig.dump()).toEqual(before);
      });
    });

    it("a preview refuses what nobody marked, or says that it is taken over", async () => {
      const logged = vi.spyOn(console, "log").mockImplementation(() => {});
      const said = () => logged.mock.calls.splice(0).map(([line]) => line as string);
      await withForeign(each, async () => {
        rig.newRun();
        const { check } = rig.lifecycle(each.kind);
        const { failures } = await check({}, each.inputs);
        expect(failures).not.toEqual([]);
        for (const { property, reason } of failures) {
          expect(property).toMatch(/^(name|peer\.name|services\[|endpoints\[)/);
          expect(reason).toMatch(/exists already and was not made by this stack: .*adopt: true$/);
        }
        expect(said()).toEqual([]);
        expect((await check({}, { ...each.inputs, adopt: true })).failures).toEqual([]);
        const lines = said();
        expect(lines).toHaveLength(failures.length);
        for (const line of lines) expect(line).toMatch(/bears nobody's mark: taken over, as adopt: true says$/);
      });
      logged.mockRestore();
    });

    it("takes it over when asked to", async () => {
      for (const step of each.foreign.make) await rig.byHand(step);
      const [id, outs] = await made.make(each.kind, { ...each.inputs, adopt: true });
      expect(await drifted(id, outs, { ...each.inputs, adopt: true })).toBe(false);
      await rig.lifecycle(each.kind).delete(id, outs);
      for (const step of each.foreign.stays ?? []) await rig.byHand(step);
    });

    it("refuses what another stack owns, adopt or not", async () => {
      const [, outs] = await made.make(each.kind, each.inputs);
      const before = await rig.dump();
      const stranger = { ...each.inputs, __owner: "contract/other/x", adopt: true };
      await expect(rig.lifecycle(each.kind).create(stranger)).rejects.toThrow(/contract\/test/);
      await rig.lifecycle(each.kind).delete("", { ...outs, __owner: "contract/other/x" });
      expect(await rig.dump()).toEqual(before);
    });

    it("stays when a former one of its name is deleted last, as after a way back from another name", async () => {
      const [former, formerOuts] = await made.make(each.kind, each.inputs);
      made.states.pop();
      const [id, outs] = await made.make(each.kind, each.inputs);
      const before = await rig.dump();
      await rig.lifecycle(each.kind).delete(former, formerOuts);
      expect(await rig.dump()).toEqual(before);
      // So also in a later run, which has only heard that it is as it was.
      await drifted(former, formerOuts, each.inputs);
      await drifted(id, outs, each.inputs);
      await rig.lifecycle(each.kind).delete(former, formerOuts);
      expect(await rig.dump()).toEqual(before);
    });

    it("has nothing any more of a former one with other arguments, when that is deleted last", async () => {
      const [id, outs] = await made.make(each.kind, each.inputs);
      const wanted = await rig.dump();
      await rig.lifecycle(each.kind).delete(id, outs);
      made.states.pop();
      const [former, formerOuts] = await made.make(each.kind, { ...each.inputs, ...each.change });
      made.states.pop();
      await made.make(each.kind, each.inputs);
      await rig.lifecycle(each.kind).delete(former, formerOuts);
      expect(await rig.dump()).toEqual(wanted);
    });

    async function withForeign({ foreign }: Case, work: () => Promise<void>): Promise<void> {
      for (const step of foreign.make) await rig.byHand(step);
      try {
        await work();
      } finally {
        for (const step of foreign.unmake) await rig.byHand(step);
      }
    }
  });
}
