import { z } from "zod";
import { originNotes } from "../ownership/notes.js";

/** What the state file may have of where a thing is: each backend notes some of it. */
export const placeNotes = {
  ...originNotes,
  /** The chain of a service or an endpoint. */
  chainName: z.string().optional(),
  /** The chain that leads to an endpoint's. */
  serviceChainName: z.string().optional(),
  /** The NatChain of an endpoint. */
  natChain: z.string().optional(),
  /** An earlier version wrote it, and nobody reads it. */
  layout: z.number().optional(),
};

/** What it may have of how a service is reached. */
export const urlNotes = { hostPort: z.string().optional(), url: z.string().optional() };

export type PlaceNotes = z.infer<z.ZodObject<typeof placeNotes>>;
