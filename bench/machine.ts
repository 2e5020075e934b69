import { cpus, release } from "node:os";

/** What a figure is worth nothing without. */
export interface Machine {
  cpu: string;
  cores: number;
  kernel: string;
  node: string;
}

export const thisMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  kernel: release(),
  node: process.version,
});

export const describeMachine = ({ cpu, cores, kernel, node }: Machine): string =>
  `${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}`;
