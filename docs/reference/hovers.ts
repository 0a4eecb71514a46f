import { createRequire } from 'node:module';
import { join } from 'node:path';
import type TypeScript from 'typescript';

/**
 * What an editor says of places in a program of a project.
 * @param compiler the package of TypeScript, installed in the project, whose language service is asked
 * @param places offsets in the program
 * @returns for each what the comment in the declarations says, tags aside
 */
export function hovers(project: string, compiler: string, program: string, places: readonly number[]): string[] {
  const ts: typeof TypeScript = createRequire(join(project, 'package.json'))(compiler);
  const file = join(project, 'hovered.ts');
  const options: TypeScript.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
  };
  const read = (name: string) => (name === file ? program : ts.sys.readFile(name));
  const service = ts.createLanguageService({
    readFile: read,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    getScriptFileNames: () => [file],
    getScriptVersion: () => '0',
    getScriptSnapshot: (name) => {
      const text = read(name);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    realpath: (path) => ts.sys.realpath?.(path) ?? path,
    getCurrentDirectory: () => project,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
  return places.map((place) => ts.displayPartsToString(service.getQuickInfoAtPosition(file, place)?.documentation));
}
