/** `npm run docs`: the reference of what the package exports, from the docstrings, as Markdown. */
import { join } from "node:path";
import {
  Application,
  type CommentDisplayPart,
  CommentTag,
  Converter,
  type DeclarationReflection,
  Logger,
  LogLevel,
  type ProjectReflection,
  ReflectionKind,
  type RouterTarget,
  TSConfigReader,
  type TypeDocOptions,
} from "typedoc";
import { MarkdownPageEvent, type PluginOptions } from "typedoc-plugin-markdown";
import { repositoryRoot } from "../sandbox/root.js";
import { simplify } from "./reference-types.js";

const OPTIONS: Partial<TypeDocOptions & PluginOptions> = {
  entryPoints: ["sdk/index.ts", "testing/index.ts"].map((file) => join(repositoryRoot, file)),
  tsconfig: join(repositoryRoot, "tsconfig.build.json"),
  plugin: ["typedoc-plugin-markdown"],
  name: "API reference",
  logLevel: "Warn",
  readme: "none",
  router: "module",
  // Types are checked by tsc.
  skipErrorChecking: true,
  excludeExternals: true,
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  disableGit: true,
  jsDocCompatibility: { defaultTag: false },
  groupOrder: ["Resources", "Components", "Functions", "*"],
  hideBreadcrumbs: true,
  hidePageHeader: true,
  interfacePropertiesFormat: "table",
  classPropertiesFormat: "table",
  typeAliasPropertiesFormat: "table",
  parametersFormat: "table",
  tableColumnSettings: { hideModifiers: true, hideValues: true },
  validation: { notDocumented: true, notExported: true, invalidLink: true, invalidPath: true },
  requiredToBeDocumented: [
    ...(["Class", "Interface", "TypeAlias", "Function", "Variable", "Property", "Method"] as const),
    ...(["Accessor", "Parameter", "ConstructorSignature", "CallSignature"] as const),
  ],
};

class Warnings extends Logger {
  readonly said: string[] = [];

  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.said.push(message);
  }
}

/** Writes the reference into a folder; what it was written from, and what is wrong with that. */
export async function writeReference(folder: string): Promise<{ project: ProjectReflection; warnings: string[] }> {
  const app = await Application.bootstrapWithPlugins(OPTIONS, [new TSConfigReader()]);
  const logger = new Warnings();
  app.logger = logger;
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const each of project.getReflectionsByKind(ReflectionKind.Class)) group(each as DeclarationReflection);
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const each of Object.values(project.reflections)) simplify(each as DeclarationReflection);
  });
  app.renderer.on(MarkdownPageEvent.END, (page: unknown) =>
    finish(page as MarkdownPageEvent, (each) => app.renderer.router!.getFullUrl(each)),
  );
  const project = await app.convert();
  if (!project) throw new Error(`no reference can be made of the sources: ${logger.said.join("; ")}`);
  app.validate(project);
  await app.outputs.writeOutput({ name: "markdown", path: folder }, project);
  return { project, warnings: logger.said };
}

const GROUPS: Record<string, string> = { HostResource: "Resources", ComponentResource: "Components" };

function group({ comment, extendedTypes = [] }: DeclarationReflection): void {
  const found = extendedTypes.flatMap((type) => ("name" in type ? (GROUPS[type.name] ?? []) : []));
  if (found[0]) comment?.blockTags.push(new CommentTag("@group", [{ kind: "text", text: found[0] }]));
}

function finish(page: MarkdownPageEvent, urlOf: (each: RouterTarget) => string): void {
  const text = (page.contents ?? "")
    // Their numbers change with each property that comes.
    .replace(/<a id="[^"]*"><\/a> /g, "")
    // It has no default: it has to be there.
    .replaceAll("| `undefined` |", "| – |")
    // What `new` returns is in the line above.
    .replace(/(> \*\*new [^\n]*(?:\n(?!#{1,5} )[^\n]*)*?)\n#+ Returns\n\n[^\n]*\n/g, "$1");
  page.contents = page.url === "README.md" ? index(page.project, urlOf) : `${text.trim()}\n`;
}

/** The first page: all that is exported, by module. */
function index({ name, children = [] }: ProjectReflection, urlOf: (each: RouterTarget) => string): string {
  const lines = children.flatMap((module) => [
    `\n## [${module.name}](${urlOf(module)})\n`,
    `${firstSentence(module.comment?.summary)}\n`,
    ...(module.groups ?? []).flatMap(({ title, children: members }) => [
      `### ${title}\n`,
      ...members.map(
        (each) => `- [${each.name}](${urlOf(each)}): ${firstSentence(summaryOf(each as DeclarationReflection))}`,
      ),
      "",
    ]),
  ]);
  return `# ${name}\n${lines.join("\n")}`;
}

const summaryOf = ({ comment, signatures }: DeclarationReflection) => (comment ?? signatures?.[0]?.comment)?.summary;

function firstSentence(parts: CommentDisplayPart[] = []): string {
  const text = parts
    .map((part) => part.text)
    .join("")
    .replaceAll("\n", " ");
  return /^.*?\.(?= |$)/.exec(text)?.[0] ?? text;
}

if (import.meta.filename === process.argv[1]) {
  const { warnings } = await writeReference(join(repositoryRoot, "docs/api"));
  for (const warning of warnings) console.error(warning);
  process.exitCode = warnings.length > 0 ? 1 : 0;
}
