import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '@cutover/internal';
import type { VerdictRecord } from '../shutdown/verdict-file.ts';

/** The folder in which the processes of a service leave their verdicts. */
export interface VerdictFolder extends Disposable {
  readonly path: string;
  /** The running processes that own a shutdown. */
  living(): ReadonlySet<number>;
  /** The verdicts of these; a process that is still `running` was killed. */
  of(pids: ReadonlySet<number>): VerdictRecord[];
}

export function openVerdictFolder(): VerdictFolder {
  const path = mkdtempSync(join(tmpdir(), 'cutover-'));
  const records = () => readdirSync(path).flatMap((file) => readRecord(join(path, file)));
  return {
    path,
    living: () =>
      new Set(
        records()
          .map(({ pid }) => pid)
          .filter(isAlive),
      ),
    of: (pids) => records().filter(({ pid }) => pids.has(pid)),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

function readRecord(file: string): VerdictRecord[] {
  try {
    return file.endsWith('.json') ? [JSON.parse(readFileSync(file, 'utf8')) as VerdictRecord] : [];
  } catch {
    return [];
  }
}
