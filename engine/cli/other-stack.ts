import { containsSecret } from "../model/properties.js";
import type { PropertyMap } from "../model/types.js";
import { parseStackReference } from "../state/names.js";
import { IncorrectPassphrase, PassphraseCrypter } from "../state/passphrase.js";
import { SecretKeeper } from "../state/secrets.js";
import { saltOf } from "../state/store.js";
import { stackOutputs } from "./deployment-run.js";
import { readPassphrase } from "./passphrase.js";
import type { Workspace } from "./stack-context.js";
import type { Surroundings } from "./surroundings.js";

/**
 * The outputs of another stack of this backend, which the program refers to. Its secrets must open
 * with the passphrase of this run.
 */
export async function otherStack(
  { backend, project }: Workspace,
  name: string,
  surroundings: Surroundings,
): Promise<PropertyMap> {
  const stack = parseStackReference(name, project?.name);
  if (!backend.exists(stack)) throw new Error(`unknown stack "${name}"`);
  const { latest } = await backend.read(stack);
  const outputs = stackOutputs(latest);
  if (latest === undefined || !Object.values(outputs).some(containsSecret)) return outputs;
  const salt = saltOf(latest, backend.stackFile(stack), backend.command);
  try {
    const crypter = await PassphraseCrypter.open(await readPassphrase(surroundings), salt ?? "");
    return stackOutputs(new SecretKeeper(crypter).open(latest));
  } catch (error) {
    if (!(error instanceof IncorrectPassphrase)) throw error;
    throw new Error(
      `the secret outputs of stack "${name}" can't be decrypted: it has another passphrase; let both stacks have one, \`pulumi stack change-secrets-provider passphrase\``,
    );
  }
}
