import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import ts from 'typescript';
import { type NodeVersion, nodeBinary } from './toolchain.ts';

/** TypeScript as a module that every Node of ours runs. */
export const toModule = (code: string): string =>
  ts.transpileModule(code, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  }).outputText;

/** Puts a program of `programs/` into the consumer's folder. */
export async function writeProgram(folder: string, name: string): Promise<void> {
  const source = await readFile(join(import.meta.dirname, `programs/${name}.ts`), 'utf8');
  await writeFile(join(folder, `${name}.mjs`), toModule(source));
}

/** Runs a file of the consumer's folder, for a minute at most; the outcome says what it printed. */
export const runOn = (version: NodeVersion, folder: string, ...command: readonly string[]) =>
  execa(nodeBinary(version), command, { cwd: folder, all: true, reject: false, timeout: 60_000 });
