import type { Author, Intent, Outcome } from './intent.ts';
import { type JournalEntry, unfinished } from './journal.ts';
import type { RoleName, ServiceName, SlotName } from './layout.ts';
import { isSameTarget, type Release } from './release.ts';

/** So many deployments are kept. */
export const HISTORY = 10;

/** One deployment, as the journal has it. */
export interface HistoryEntry {
  readonly id: string;
  readonly kind: Intent['kind'];
  readonly release: string;
  readonly previous: string;
  /** The images by digest: of the slots by role (`app` where there is one), of the rest by service. */
  readonly images: Readonly<Record<RoleName | ServiceName, string>>;
  readonly slot: SlotName;
  readonly by: Author;
  /** ISO 8601, by the clock of the host that began it. */
  readonly began: string;
  /** Milliseconds from its beginning to its end; undefined while it is unfinished. */
  readonly duration: number | undefined;
  readonly outcome: Outcome | 'unfinished';
  /** What changed; for one that went back, why it did. */
  readonly why: readonly string[];
}

type Ending = Extract<JournalEntry, { type: 'outcome' }>;

interface Recorded {
  readonly intent: Intent;
  readonly ending: Ending | undefined;
}

/** The deployments of the journal, oldest first. */
export const historyOf = (journal: readonly JournalEntry[]): readonly HistoryEntry[] =>
  recordsOf(journal).map(({ intent, ending }) => ({
    id: intent.id,
    kind: intent.kind,
    release: intent.release.id,
    previous: intent.previous.id,
    images: Object.fromEntries(
      [intent.release.slots, intent.release.background].flatMap((images) =>
        Object.entries(images).map(([name, { ref }]) => [name, ref]),
      ),
    ),
    slot: intent.target,
    by: intent.by,
    began: intent.began,
    duration: ending && Date.parse(ending.ended) - Date.parse(intent.began),
    outcome: ending?.outcome ?? 'unfinished',
    why: ending?.why === undefined ? intent.because : [ending.why],
  }));

function recordsOf(journal: readonly JournalEntry[]): readonly Recorded[] {
  const records: Recorded[] = [];
  for (const entry of journal) {
    if (entry.type === 'intent') records.push({ intent: entry.intent, ending: undefined });
    const last = records.at(-1);
    if (entry.type === 'outcome' && last) records[records.length - 1] = { ...last, ending: entry };
  }
  return records;
}

/**
 * The releases that a rollback can return to, oldest first, and what runs now as the last one. A release that was rolled
 * back from is not among them.
 */
export function releasesOf(journal: readonly JournalEntry[]): readonly Release[] {
  const releases: Release[] = [];
  const isOnTop = (release: Release) => isSameTarget(releases.at(-1), release);
  for (const { intent, ending } of recordsOf(journal)) {
    if (ending?.outcome !== 'deployed') continue;
    const before = previousOf(intent);
    if (releases.length === 0 && before) releases.push(before);
    if (intent.kind === 'rollback') while (releases.length > 0 && !isOnTop(intent.release)) releases.pop();
    if (isOnTop(intent.release)) releases.pop();
    releases.push(intent.release);
  }
  return releases;
}

/** What a rollback goes back to: what ran before a deployment that is unfinished, else before the release that runs. */
export function earlierRelease(journal: readonly JournalEntry[]): Release | undefined {
  const under = unfinished(journal);
  return under ? previousOf(under) : releasesOf(journal).at(-2);
}

/** Whether the latest deployment changed no image and nothing that is kept: a rollback could bring back nothing of it. */
export function changedConfigurationOnly(journal: readonly JournalEntry[]): boolean {
  const latest = recordsOf(journal).findLast(({ ending }) => ending?.outcome === 'deployed');
  return latest?.intent.kind === 'deploy' && isSameTarget(previousOf(latest.intent), latest.intent.release);
}

const previousOf = ({ previous }: Intent): Release | undefined => {
  const { id, slots, background, configuration, restores } = previous;
  return slots && { id, slots, background, jobs: {}, configuration, kept: restores?.id };
};

/** The images of the jobs of the latest deployment that ended well and was no rollback. */
export const jobsOf = (journal: readonly JournalEntry[]): Release['jobs'] =>
  recordsOf(journal).findLast(
    ({ intent, ending }) => intent.kind === 'deploy' && ending?.outcome === 'deployed',
  )?.intent.release.jobs ?? {};

/** The ids of all kept configurations that the journal names. */
export const keptIn = (journal: readonly JournalEntry[]): readonly string[] =>
  journal.flatMap((entry) =>
    entry.type === 'intent'
      ? [entry.intent.release.kept, entry.intent.previous.restores?.id].filter((id) => id !== undefined)
      : [],
  );

/** The entries that are no longer needed: steps of deployments that are over, and deployments beyond those kept. */
export function superfluous(journal: readonly JournalEntry[]): readonly JournalEntry[] {
  const ended = journal.findLastIndex((entry) => entry.type === 'outcome' && entry.outcome === 'deployed');
  const intents = journal.flatMap((entry, index) => (entry.type === 'intent' ? [index] : []));
  const latest = intents.findLast((index) => index < ended) ?? 0;
  const oldest = intents.at(-HISTORY) ?? 0;
  return journal.filter(
    ({ type }, index) => index < latest && (index < oldest || (type !== 'intent' && type !== 'outcome')),
  );
}
