import { key, line, patternFile } from '../grammar/words.ts';
import { type Command, change, query } from './command.ts';
import { at, type PatternFile, readPatternFiles, readPrepared } from './map.ts';

/** As with maps, no level is demanded here: up to 3.2 HAProxy asks for none. */
const ANY = { level: 'user' } as const;

/** `show acl`: all that are loaded. */
export const showAcls = (): Command<PatternFile[]> => query('show acl', readPatternFiles);

/** `show acl <file>`: its patterns, in order. */
export const showAcl = (acl: string): Command<string[]> =>
  query(line('show acl', patternFile(acl)), readPatterns, { alone: true });

/** `add acl`: one pattern, into a prepared version or the one in use. */
export const addAcl = (acl: string, pattern: string, version?: number): Command<true> =>
  change(line('add acl', at(version), patternFile(acl), key(pattern)), ANY);

/** `del acl`: one pattern. */
export const deleteAcl = (acl: string, pattern: string): Command<true> =>
  change(line('del acl', patternFile(acl), key(pattern)), ANY);

/** `prepare acl`: a new, empty version beside the one in use; its number. */
export const prepareAcl = (acl: string): Command<number> => ({
  ...query(line('prepare acl', patternFile(acl)), readPrepared, ANY),
  changes: true,
});

/** `commit acl`: the prepared version takes the place of the one in use, in one step. */
export const commitAcl = (acl: string, version: number): Command<true> =>
  change(line('commit acl', at(version), patternFile(acl)), ANY);

/** `clear acl`: a prepared version that is no longer wanted. */
export const clearAcl = (acl: string, version: number): Command<true> =>
  change(line('clear acl', at(version), patternFile(acl)), ANY);

function readPatterns(answer: string): string[] | undefined {
  if (answer === '') return [];
  const patterns = answer.split('\n').map((text) => /^0x[0-9a-f]+ (.*)$/.exec(text)?.[1]);
  return patterns.includes(undefined) ? undefined : (patterns as string[]);
}
