import { Bridge } from "pulumi-hostnet";
import { createHost, destroy, preview, refresh, up } from "pulumi-hostnet/testing";
import { expect, it } from "vitest";

const program = () => {
  new Bridge("home", { name: "br_home", addresses: ["10.0.0.1/24"], forward: true, masquerade: ["10.0.0.0/24"] });
};

const said = /table filter of IPv4 can't be read: iptables-save says: Table `filter' is incompatible/;
const theirs =
  "add table ip filter\nadd chain ip filter theirs\nadd rule ip filter theirs ct state vmap { established : accept }\n";

it("a table that iptables can't show is refused by each operation of a stack but destroy, which leaves what is others'", async () => {
  await using host = await createHost();
  const nft = (input: string) => host.run(["nft", "-f", "-"], { input });
  const empty = await host.kernel();
  const made = await up(program, { host });
  expect((await nft(theirs)).exitCode).toBe(0);
  const before = await host.kernel();
  expect(before.iptables).toContain("# Table `filter' is incompatible, use 'nft' tool.");

  for (const operation of [preview, up]) await expect(operation(program, { after: made })).rejects.toThrow(said);
  await expect(refresh(made)).rejects.toThrow(said);
  expect(await host.kernel()).toEqual(before);
  await destroy(made);
  await nft("delete table ip filter\n");
  expect(await host.kernel()).toEqual(empty);

  // And nothing is begun where it would have to be refused half-way.
  await nft(theirs);
  const foreign = await host.kernel();
  for (const operation of [preview, up]) await expect(operation(program, { host })).rejects.toThrow(said);
  expect(await host.kernel()).toEqual(foreign);
});
