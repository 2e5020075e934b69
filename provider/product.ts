import type { Product } from "./host/product.js";
import { linkOptions } from "./links/kinds.js";
import { whyRefused } from "./links/why-refused.js";
import { backends } from "./services/backends.js";
import { staleFlows } from "./services/flows.js";
import { applySteps, ruleToolOf } from "./services/steps.js";

/** What a host is told of links and services. */
export const product: Product = { linkOptions, whyRefused, backends, applySteps, ruleToolOf, staleFlows };
