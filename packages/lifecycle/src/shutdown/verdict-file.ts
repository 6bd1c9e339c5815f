import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFileSync } from '@cutover/internal';
import type { Verdict } from './types.ts';

/** The folder that `runService` gives its command for verdicts, one file a process. */
export const VERDICT_DIRECTORY = 'CUTOVER_VERDICT_DIR';

/** The content of a verdict file: `running` from the start, so a killed process is recognised. */
export type VerdictRecord =
  | { readonly pid: number; readonly outcome: 'running' }
  | ({ readonly pid: number } & Verdict);

/** Where this process leaves its verdict, if anywhere. */
export const verdictPath = (
  given: string | undefined,
  { env, pid }: { env: Readonly<Record<string, string | undefined>>; pid: number },
): string | undefined => given ?? (env[VERDICT_DIRECTORY] && join(env[VERDICT_DIRECTORY], `${pid}.json`));

/** Writes a record atomically. @throws what the file system throws */
export function writeVerdict(path: string, record: VerdictRecord): void {
  mkdirSync(dirname(path), { recursive: true });
  replaceFileSync(path, verdictText(record));
}

export const verdictText = (record: VerdictRecord): string => `${JSON.stringify(record, withoutErrors)}\n`;

// A thrown value may contain anything; its message is in the reason's text.
const withoutErrors = (key: string, value: unknown) => (key === 'error' ? undefined : value);
