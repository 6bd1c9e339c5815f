import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/;

/** The value of a variable in the text of an env file, quotes removed; the last assignment wins, as in Compose. */
export function readVariable(text: string, name: string): string | undefined {
  const found = text.split('\n').findLast((line) => ASSIGNMENT.exec(line)?.[1] === name);
  return found === undefined ? undefined : ASSIGNMENT.exec(found)?.[2]?.replace(/^(['"])(.*)\1$/, '$2');
}

/** The text with these variables set; every other line stays as it is, comments and order included. */
export function withVariables(text: string, values: Readonly<Record<string, string>>): string {
  const left = new Map(Object.entries(values));
  const lines = text.split('\n').map((line) => {
    const name = ASSIGNMENT.exec(line)?.[1];
    const value = name === undefined ? undefined : values[name];
    if (name === undefined || value === undefined) return line;
    left.delete(name);
    return `${name}=${value}`;
  });
  const added = [...left].map(([name, value]) => `${name}=${value}`);
  const body = lines.join('\n').replace(/\n*$/, '');
  return `${[...(body ? [body] : []), ...added].join('\n')}\n`;
}

/** Changes an env file so that a reader, or a crash, sees all of the old text or all of the new. */
export async function updateEnvFile(path: string, change: (text: string) => string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const before = await readFile(target, 'utf8').catch(ignoreMissing);
  const after = change(before ?? '');
  if (after === before) return;
  // Credentials live in this file: a new one is for its owner only, an old one keeps its mode.
  const mode = before === undefined ? 0o600 : (await stat(target)).mode & 0o777;
  const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    await file.writeFile(after);
    await file.sync();
    await file.close();
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
  const directory = await open(dirname(target), 'r');
  await directory.sync();
  await directory.close();
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
