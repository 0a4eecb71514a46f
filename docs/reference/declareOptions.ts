/**
 * The last step of the build: in the declarations a type like `z.input<typeof ppoOptions>` becomes an interface that says, of each option,
 * what its schema does: the meaning, the unit, the default. Editors show it, and so does the reference; in a type that TypeScript
 * infers it would be lost.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { z } from 'zod';
import { optionDefault, optionMeaning } from '../../src/options/describe.ts';
import { withDefaults } from '../../src/options/parse.ts';

const root = resolve(import.meta.dirname, '../..');
const dist = join(root, 'dist');
const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.d.ts'))
  .map((name) => join(dist, name));
const { options } = ts.getParsedCommandLineOfConfigFile(
  join(root, 'tsconfig.json'),
  {},
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (problem) => {
      throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
    },
  },
)!;
const program = ts.createProgram(files, options);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });

/** A type that is inferred from a schema of this name. */
const INFERRED = /z\.input<\(?typeof (\w+)/g;

/** What a type of options is inferred from: a schema, or a record of what has one each. */
type Described = z.ZodObject | Readonly<Record<string, Entry>>;
interface Entry {
  readonly description?: string;
  readonly schema: z.ZodObject;
  /** Defaults in the place of the schema's. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Modules as they were: a schema that its module keeps to itself is exported while its type is described. */
const modules = new Map<string, string>();
for (const file of files) {
  const names = [...readFileSync(file, 'utf8').matchAll(INFERRED)].map(([, name]) => name!);
  const path = file.replace(/\.d\.ts$/, '.js');
  const module = names.length === 0 ? '' : readFileSync(path, 'utf8');
  const hidden = [...new Set(names)].filter((name) => !new RegExp(`^export \\w+ ${name}\\b`, 'm').test(module));
  if (hidden.length === 0) continue;
  modules.set(path, module);
  writeFileSync(path, `${module}export { ${hidden.join(', ')} };\n`);
}

for (const file of files) {
  const source = program.getSourceFile(file)!;
  let text = readFileSync(file, 'utf8');
  const found = async (name: string) => {
    const { [name]: value } = await import(pathToFileURL(file.replace(/\.d\.ts$/, '.js')).href);
    if (value === undefined) throw new Error(`${relative(root, file)}: ${name} is not exported`);
    // A family of flows is a function that has its schema.
    return typeof value === 'function' ? value.schema : value;
  };
  for (const statement of source.statements.toReversed()) {
    if (ts.isTypeAliasDeclaration(statement)) {
      const name = /z\.input<\(?typeof (\w+)/.exec(statement.type.getText())?.[1];
      if (name === undefined) continue;
      const described = await found(name);
      // A union, say, stays as TypeScript has it.
      if (described instanceof z.ZodType && !(described instanceof z.ZodObject)) continue;
      const members = membersOf(checker.getTypeAtLocation(statement.name), described, statement);
      const declaration = `export interface ${statement.name.text}${parametersOf(statement)} ${block(members)}`;
      text = text.slice(0, statement.getStart()) + declaration + text.slice(statement.getEnd());
    } else if (ts.isVariableStatement(statement)) {
      const [declaration] = statement.declarationList.declarations;
      if (declaration!.name.getText() === 'builtinPolicies') {
        text = withoutFields(declaration!.type!, text);
        continue;
      }
      if (declaration!.name.getText() === 'builtinFlows') {
        text = await withNames(declaration!.type as ts.TypeLiteralNode, file.replace(/\.d\.ts$/, '.js'), text);
        continue;
      }
      const literal = optionsOf(declaration!);
      if (literal === undefined) continue;
      const name = declaration!.name.getText();
      const members = membersOf(checker.getTypeAtLocation(literal), await found(name), statement);
      text = text.slice(0, literal.getStart()) + block(members) + text.slice(literal.getEnd());
    }
  }
  if (text !== source.text) writeFileSync(file, text);
}
for (const [path, module] of modules) writeFileSync(path, module);

/** The options of a family of flows, `((options: { … }) => Flow) & …`, whose literal TypeScript has inferred. */
function optionsOf({ type }: ts.VariableDeclaration): ts.TypeLiteralNode | undefined {
  if (type === undefined || !ts.isIntersectionTypeNode(type) || !ts.isParenthesizedTypeNode(type.types[0]!)) return;
  const made = type.types[0].type;
  const options = ts.isFunctionTypeNode(made) ? made.parameters[0]?.type : undefined;
  return options !== undefined && ts.isTypeLiteralNode(options) ? options : undefined;
}

/** The text without what the schemas within a type have: what is made of them has been declared, and nobody else asks for their fields. */
function withoutFields(node: ts.Node, text: string): string {
  if (!ts.isTypeReferenceNode(node) || node.typeName.getText() !== 'z.ZodObject') {
    const children: ts.Node[] = [];
    ts.forEachChild(node, (child) => void children.push(child));
    return children.reduceRight((rest, child) => withoutFields(child, rest), text);
  }
  return `${text.slice(0, node.getStart())}z.ZodObject${text.slice(node.getEnd())}`;
}

/** The text with the name that its module exports a member by in the place of the member's whole type: it says what options mean, too. */
async function withNames({ members }: ts.TypeLiteralNode, path: string, text: string): Promise<string> {
  const { builtinFlows, ...others } = await import(pathToFileURL(path).href);
  return members.reduceRight((rest, member) => {
    const { name, type } = member as ts.PropertySignature;
    const value = builtinFlows[(name as ts.Identifier | ts.StringLiteral).text];
    const exported = Object.keys(others).find((other) => others[other] === value);
    if (exported === undefined) throw new Error(`${name.getText()}: its family is not exported`);
    return `${rest.slice(0, type!.getStart())}typeof ${exported}${rest.slice(type!.getEnd())}`;
  }, text);
}

/** The type's own parameters, which its members may name: `<Id extends string = string>`. */
function parametersOf({ typeParameters = [] }: { readonly typeParameters?: Iterable<ts.Node> }): string {
  const texts = Array.from(typeParameters, (parameter) => parameter.getText());
  return texts.length === 0 ? '' : `<${texts.join(', ')}>`;
}

/** One declaration for each option, or each entry of a record, with its comment. */
function membersOf(type: ts.Type, described: Described, at: ts.Statement): string[] {
  const names = Object.keys(described instanceof z.ZodObject ? described.shape : described);
  return names.map((name) => {
    const property = type.getProperty(name)!;
    const key = /^\w+$/.test(name) ? name : `'${name}'`;
    if (!(described instanceof z.ZodObject)) {
      const { description, schema, options = {} } = described[name]!;
      const own = membersOf(checker.getTypeOfSymbol(property), withDefaults(schema, options), at);
      return `${comment(description === undefined ? [] : [sentence(description)])}${key}: ${block(own)};`;
    }
    const field = described.shape[name] as z.ZodType;
    const { description, unit } = optionMeaning(field);
    if (description === undefined)
      throw new Error(`${at.getText().split('\n')[0]}: ${name} has no meaning, expected describe or meta`);
    const usual = JSON.stringify(optionDefault(field));
    const lines = [
      `${sentence(description)}${unit === undefined ? '' : ` Unit: ${unit}.`}`,
      ...(usual === undefined ? [] : [`@default ${usual}`]),
    ];
    const optional = property.flags & ts.SymbolFlags.Optional ? '?' : '';
    return `${comment(lines)}${key}${optional}: ${print(checker.getTypeOfSymbol(property), at)};`;
  });
}

/** A type as a declaration in this place may write it. */
function print(type: ts.Type, at: ts.Statement): string {
  const flags = ts.NodeBuilderFlags.NoTruncation | ts.NodeBuilderFlags.UseSingleQuotesForStringLiteralType;
  const node = checker.typeToTypeNode(type, at, flags)!;
  return printer.printNode(ts.EmitHint.Unspecified, node, at.getSourceFile());
}

function block(members: readonly string[]): string {
  if (members.length === 0) return '{}';
  return `{\n${members.join('\n').replaceAll(/^/gm, '    ')}\n}`;
}

function comment(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return lines.length === 1 ? `/** ${lines[0]} */\n` : `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`;
}

/** A meaning as a sentence; a symbol at its beginning stays as it is. */
function sentence(meaning: string): string {
  return `${meaning.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase())}.`;
}
