import { resolve } from 'node:path';
import { option, replaceFile } from '@cutover/internal';
import type { MapEntry } from '../commands/map.ts';
import { dumpServersState } from '../commands/servers-state.ts';
import { checkOptions, HaproxyError } from '../errors.ts';
import { lineOf, readEntries } from './map-entries.ts';
import type { Haproxy } from './verb.ts';

export interface PersistMapOptions {
  /** The map as HAProxy names it. */
  map: string;
  /** The same file as this process sees it; default `map`. Its directory must be shared with HAProxy, not the file. */
  file?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface PersistServerStateOptions {
  /** HAProxy's `server-state-file`, as this process sees it. */
  file: string;
  signal?: AbortSignal | undefined;
}

/**
 * Writes a map as it is now into its file, so that a restarted HAProxy chooses the same: HAProxy itself never does.
 * Byte for byte, but for what no map file can hold: an entry whose key is empty or has a space, which only `add map`
 * can make, is written as a comment, so that a restart does not make another entry of it. All or nothing, and on the
 * disk when it resolves; owner, group and mode of the file stay.
 * @throws {HaproxyError} `file`.
 */
export async function persistMap(haproxy: Haproxy, options: PersistMapOptions): Promise<void> {
  const doing = `writing the file of ${options?.map} at ${haproxy.label}`;
  const { map, file, signal } = checkOptions(doing, options, MAP_RULES, {});
  const lines = (await readEntries(haproxy, map, signal)).map(fileLine);
  await write(doing, file ?? map, Buffer.from(lines.join(''), 'latin1'));
}

/** Written as a comment if HAProxy would read another key from the line than it has now. */
const fileLine = (entry: MapEntry): string =>
  `${entry.key === '' || /[ \t]/.test(entry.key) ? '# ' : ''}${lineOf(entry)}\n`;

/**
 * Writes the state of every server into a `server-state-file`, so that a reload or restart keeps it. All or nothing.
 */
export async function persistServerState(
  haproxy: Haproxy,
  options: PersistServerStateOptions,
): Promise<void> {
  const doing = `writing the server state of ${haproxy.label}`;
  const { file, signal } = checkOptions(doing, options, STATE_RULES, {});
  await write(doing, file, await haproxy.run(dumpServersState(), signal));
}

const MAP_RULES = { map: option.text, file: option.text, signal: option.signal };
const STATE_RULES = { file: option.text, signal: option.signal };

async function write(doing: string, file: string, content: string | Buffer): Promise<void> {
  const path = resolve(file);
  try {
    await replaceFile(path, content, 0o644);
  } catch (cause) {
    throw new HaproxyError(
      'file',
      { doing, found: `${path}: ${Object(cause).code}`, ...ADVICE[Object(cause).code] },
      { cause },
    );
  }
}

/** A file mounted by itself cannot be replaced, and one that is rewritten in place can be read half-written. */
const ADVICE: Readonly<Record<string, { fix: string }>> = {
  EBUSY: { fix: 'mount the directory of the file into the container, not the file' },
  ENOENT: { fix: 'create its directory, or name the path as this process sees it' },
  EPERM: {
    fix: 'run this as root or as the owner of the file: with another owner other users could not read it',
  },
  EACCES: { fix: 'let this user write in the directory' },
};
