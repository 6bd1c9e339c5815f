import { readFile } from 'node:fs/promises';
import { replaceFile } from '@cutover/internal';

/** Name, value with its quotes, and the comment after it: as in Compose, a `#` begins one after a space alone. */
const ASSIGNMENT =
  /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*'|(?!#).*?)(\s* #.*)?\s*$/;

/** The value of a variable in the text of an env file, quotes removed; the last assignment wins, as in Compose. */
export function readVariable(text: string, name: string): string | undefined {
  const found = text.split('\n').findLast((line) => ASSIGNMENT.exec(line)?.[1] === name);
  return found === undefined ? undefined : ASSIGNMENT.exec(found)?.[2]?.replace(/^(['"])(.*)\1$/, '$2');
}

/** Each variable of the text as `NAME=value`, quotes removed. */
export const assignmentsIn = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => {
    const name = ASSIGNMENT.exec(line)?.[1];
    return name === undefined ? [] : [`${name}=${readVariable(line, name)}`];
  });

/** The text with these variables set; all else stays as it is, comments and order included. */
export function withVariables(text: string, values: Readonly<Record<string, string>>): string {
  const wanted = new Map(Object.entries(values));
  const left = new Map(wanted);
  const lines = text.split('\n').map((line) => {
    const [, name = '', , comment = ''] = ASSIGNMENT.exec(line) ?? [];
    const value = wanted.get(name);
    if (value === undefined) return line;
    left.delete(name);
    return `${name}=${value}${comment}`;
  });
  const added = [...left].map(([name, value]) => `${name}=${value}`);
  const body = lines.join('\n').replace(/\n*$/, '');
  return `${[...(body ? [body] : []), ...added].join('\n')}\n`;
}

/** COMPOSE_PROFILES with `on` in it and `off` out of it; a profile of ours that both have stays on. */
export function withProfiles(text: string, on: readonly string[], off: readonly string[]): string {
  const before = (readVariable(text, 'COMPOSE_PROFILES') ?? '').split(',').filter(Boolean);
  const after = new Set([...before.filter((profile) => !off.includes(profile)), ...on]);
  return withVariables(text, { COMPOSE_PROFILES: [...after].join(',') });
}

/** Changes an env file so that a reader, or a crash, sees all of the old text or all of the new. */
export async function updateEnvFile(path: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(path, 'utf8').catch(ignoreMissing);
  const after = change(before ?? '');
  if (after === before) return;
  // Credentials live in this file: a new one is for its owner only.
  await replaceFile(path, after, 0o600);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
