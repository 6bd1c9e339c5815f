import type { Intent, JournalEntry, Remembered } from './model.ts';

/** The entries of the latest deployment, its intent first; empty when there was none. */
export const latest = (journal: readonly JournalEntry[]): readonly JournalEntry[] =>
  journal.slice(
    Math.max(
      0,
      journal.findLastIndex(({ type }) => type === 'intent'),
    ),
  );

/** The deployment that began and never ended, if there is one. */
export function unfinished(journal: readonly JournalEntry[]): Intent | undefined {
  const [head, ...rest] = latest(journal);
  if (head?.type !== 'intent' || rest.some(({ type }) => type === 'outcome')) return undefined;
  return head.intent;
}

/** The latest deployment that ended all-new: what runs now, and what a rollback returns to. */
export function lastDeployed(journal: readonly JournalEntry[]): Intent | undefined {
  const end = journal.findLastIndex((entry) => entry.type === 'outcome' && entry.outcome === 'deployed');
  const [head] = latest(journal.slice(0, Math.max(0, end)));
  return head?.type === 'intent' ? head.intent : undefined;
}

/** What the entries since the latest intent say. */
export function remember(journal: readonly JournalEntry[]): Remembered {
  const entries = latest(journal);
  return {
    direction: entries.some(({ type }) => type === 'undo') ? 'back' : 'forward',
    stopping: new Set(entries.flatMap((entry) => (entry.type === 'stopping' ? entry.containers : []))),
    routed: new Set(entries.findLast(isSwitching)?.lives),
  };
}

const isSwitching = (entry: JournalEntry) => entry.type === 'switching';

/** How many of the oldest entries nobody needs: those before the latest deployment that ended all-new. */
export function pruneBefore(journal: readonly JournalEntry[]): number {
  const kept = lastDeployed(journal);
  const at = journal.findIndex((entry) => entry.type === 'intent' && entry.intent.id === kept?.id);
  return Math.max(0, at);
}
