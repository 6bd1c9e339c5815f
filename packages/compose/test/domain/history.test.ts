import { describe, expect, it } from 'vitest';
import {
  changedConfigurationOnly,
  earlierRelease,
  HISTORY,
  historyOf,
  keptIn,
  releasesOf,
  superfluous,
} from '../../src/domain/history.ts';
import type { Intent, Outcome } from '../../src/domain/intent.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import { intentWith, release } from '../support/releases.ts';

let ids = 0;

const intent = (kind: Intent['kind'], from: string, to: string): Intent =>
  intentWith({
    id: `d${++ids}`,
    kind,
    by: { user: 'ada', host: 'here', commit: 'abc' },
    release: release(to),
    previous: { ...release(from), lives: [], replicas: {} },
    because: [`api: ${from} → ${to}`],
  });

const begun = (kind: Intent['kind'], from: string, to: string): JournalEntry[] => [
  { type: 'intent', intent: intent(kind, from, to) },
  { type: 'switching', to: 'green', lives: [] },
];

const ended = (outcome: Outcome, why?: string): JournalEntry => ({
  type: 'outcome',
  outcome,
  configuration: {},
  ended: '2026-01-01T00:01:00.000Z',
  why,
});

const deployed = (from: string, to: string) => [...begun('deploy', from, to), ended('deployed')];
const rolledBack = (from: string, to: string) => [...begun('rollback', from, to), ended('deployed')];

/** The same image with what is kept of its configuration. */
const keeping = (from: string, to: string, kind: Intent['kind'] = 'deploy'): JournalEntry[] => {
  const before = intent(kind, '1', '1');
  const previous = { ...before.previous, restores: { id: from, configuration: {} } };
  const noted = { ...before, previous, release: { ...before.release, kept: to } };
  return [{ type: 'intent', intent: noted }, ended('deployed')];
};

describe('earlierRelease', () => {
  it('is the release before the one that runs', () => {
    expect(earlierRelease([...deployed('1', '2'), ...deployed('2', '3')])?.id).toBe('2');
  });

  it('is never one that was rolled back from, however often it is asked for', () => {
    const journal = [...deployed('1', '2'), ...deployed('2', '3'), ...rolledBack('3', '2')];
    expect(earlierRelease(journal)?.id).toBe('1');
    expect(earlierRelease([...journal, ...rolledBack('2', '1')])).toBeUndefined();
    expect(earlierRelease([...journal, ...deployed('2', '4')])?.id).toBe('2');
  });

  it('does not count a deployment that went back, nor one of the same images', () => {
    const failed = [...begun('deploy', '2', '3'), ended('reverted', 'gate-failed')];
    expect(earlierRelease([...deployed('1', '2'), ...failed])?.id).toBe('1');
    expect(earlierRelease([...deployed('1', '2'), ...deployed('2', '2')])?.id).toBe('1');
  });

  it('is what ran before a deployment that is unfinished', () => {
    expect(earlierRelease([...deployed('1', '2'), ...begun('deploy', '2', '3')])?.id).toBe('2');
  });

  it('is undefined when nothing is known', () => {
    expect(earlierRelease([])).toBeUndefined();
  });
});

describe('keptIn', () => {
  it('names what each release of the journal is kept as, and what ran before it', () => {
    expect(keptIn([...keeping('a', 'b'), ...keeping('b', 'c')])).toEqual(['b', 'a', 'c', 'b']);
  });
});

describe('changedConfigurationOnly', () => {
  it('is false where what ran before is kept, which is then what a rollback goes to', () => {
    const journal = [...keeping('a', 'b'), ...keeping('b', 'c')];
    expect(changedConfigurationOnly(journal)).toBe(false);
    expect(releasesOf(journal).map(({ kept }) => kept)).toEqual(['a', 'b', 'c']);
    expect(earlierRelease(journal)?.kept).toBe('b');
    expect(earlierRelease([...journal, ...keeping('c', 'b', 'rollback')])?.kept).toBe('a');
    expect(changedConfigurationOnly(keeping('a', 'a'))).toBe(true);
  });

  it('is true after a deployment of the same images, and false after one of others or a rollback', () => {
    expect(changedConfigurationOnly([...deployed('1', '2'), ...deployed('2', '2')])).toBe(true);
    expect(changedConfigurationOnly(deployed('1', '2'))).toBe(false);
    expect(changedConfigurationOnly([...deployed('1', '2'), ...rolledBack('2', '1')])).toBe(false);
    expect(changedConfigurationOnly([])).toBe(false);
  });
});

describe('historyOf', () => {
  it('says who, when, what, how it ended and why', () => {
    const failed = [...begun('deploy', '2', '3'), ended('reverted', 'the new slot died')];
    const [first, second, third] = historyOf([
      ...deployed('1', '2'),
      ...failed,
      ...begun('deploy', '2', '4'),
    ]);
    expect(first).toMatchObject({
      kind: 'deploy',
      release: '2',
      previous: '1',
      by: { user: 'ada', host: 'here', commit: 'abc' },
      duration: 60_000,
      outcome: 'deployed',
      why: ['api: 1 → 2'],
      images: { cron: release('2').background.cron?.ref },
    });
    expect(second).toMatchObject({ outcome: 'reverted', why: ['the new slot died'] });
    expect(third).toMatchObject({ outcome: 'unfinished', duration: undefined });
  });
});

describe('superfluous', () => {
  it('keeps the latest deployments, and of those that are over only how they began and ended', () => {
    const journal = Array.from({ length: HISTORY + 5 }, (_, n) => deployed(String(n), String(n + 1))).flat();
    const gone = new Set(superfluous(journal));
    const kept = journal.filter((entry) => !gone.has(entry));
    expect(historyOf(kept)).toEqual(historyOf(journal).slice(-HISTORY));
    expect(kept.filter(({ type }) => type === 'switching')).toHaveLength(1);
    expect(releasesOf(kept).at(-1)).toEqual(releasesOf(journal).at(-1));
  });

  it('keeps every step of a deployment that is unfinished, and of the last that was deployed', () => {
    const journal = [...deployed('1', '2'), ...begun('deploy', '2', '3')];
    expect(superfluous(journal)).toEqual([]);
  });
});
