import { type Document, parseDocument } from "yaml";

/** Parses the text of a file; an error names file, place and cure in a sentence. */
export function parseYaml(text: string, file: string): Document {
  const document = parseDocument(text);
  const [problem] = document.errors;
  // The lines below the first show the place.
  if (problem)
    throw new Error(`${file}: it is not YAML: ${problem.message.split("\n")[0]!.replace(/:$/, "")}; mend it there`);
  return document;
}
