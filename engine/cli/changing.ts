import type { Distribution } from "../distribution.js";
import type { OwnPackage, Serving } from "../own-package.js";

type Packages = Distribution["packages"];

/** What packages change in this process: it must not end within a change. */
export class Changing {
  readonly packages: Packages;
  /** Is the process to end? */
  ending = false;
  private readonly open = new Set<Serving>();

  constructor(packages: Packages) {
    const watched = (each: OwnPackage): OwnPackage => ({
      handlerOf: each.handlerOf,
      serve: async (options) => {
        const serving = await each.serve(options);
        this.open.add(serving);
        return serving;
      },
    });
    this.packages = Object.fromEntries(Object.entries(packages).map(([name, each]) => [name, watched(each)]));
  }

  /** Resolves when the change under way is done; no other begins. */
  async end(): Promise<void> {
    this.ending = true;
    await Promise.all([...this.open].map((each) => each.close()));
  }
}
