import type { Configuration } from './configuration.ts';
import type { Intent, Outcome } from './intent.ts';
import type { ServiceName, SlotName } from './layout.ts';
import type { Counted } from './traffic.ts';

/** What cannot be observed, only remembered: intents and decisions, each written before its effect. */
export type JournalEntry =
  | { readonly type: 'acquired' | 'released' }
  | { readonly type: 'intent'; readonly intent: Intent }
  | { readonly type: 'stopping'; readonly containers: readonly string[] }
  | {
      readonly type: 'switching';
      readonly to: SlotName;
      readonly lives: readonly string[];
      readonly counted?: Counted | undefined;
    }
  | ({ readonly type: 'job'; readonly service: ServiceName } & NotedJob)
  | { readonly type: 'undo'; readonly reason: string }
  | {
      readonly type: 'outcome';
      readonly outcome: Outcome;
      /** With what the containers were created that run now. */
      readonly configuration: Configuration;
      /** ISO 8601, for people only. */
      readonly ended: string;
      /** Why it went back. */
      readonly why?: string | undefined;
    };

/** The container in which a job runs; its one start is announced as `starting`, and it ends as `done` or `failed`. */
export interface NotedJob {
  readonly container: string;
  readonly state: 'starting' | 'done' | 'failed';
}

/** What the journal says of the deployment that is under way. */
export interface Remembered {
  readonly direction: 'forward' | 'back';
  /** Lives of containers that were sent their one SIGTERM. */
  readonly stopping: ReadonlySet<string>;
  /** Lives of the containers that the traffic was last sent to: what runs there later under another life has restarted. */
  readonly routed: ReadonlySet<string>;
  /** What the router had counted when the traffic first began to move. */
  readonly counted: Counted | undefined;
  /** What was last noted of each job. */
  readonly jobs: ReadonlyMap<ServiceName, NotedJob>;
}

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

/** With what the services were created that run now, as far as a deployment has noted it. */
export function configurationOf(journal: readonly JournalEntry[]): Configuration {
  const end = journal.findLast((entry) => entry.type === 'outcome');
  return end?.type === 'outcome' ? end.configuration : {};
}

/** Where that is kept: the deployment that ended last has kept it, or has gone back to what was kept. */
export function keptOf(journal: readonly JournalEntry[]): string | undefined {
  const at = journal.findLastIndex(({ type }) => type === 'outcome');
  const end = journal[at];
  const begun = journal.slice(0, at).findLast(({ type }) => type === 'intent');
  if (end?.type !== 'outcome' || begun?.type !== 'intent') return undefined;
  const { release, previous } = begun.intent;
  return end.outcome === 'deployed' ? release.kept : previous.restores?.id;
}

/** What the entries since the latest intent say. */
export function remember(journal: readonly JournalEntry[]): Remembered {
  const entries = latest(journal);
  return {
    direction: entries.some(({ type }) => type === 'undo') ? 'back' : 'forward',
    stopping: new Set(entries.flatMap((entry) => (entry.type === 'stopping' ? entry.containers : []))),
    routed: new Set(entries.findLast(isSwitching)?.lives),
    counted: entries.find(isSwitching)?.counted,
    jobs: new Map(entries.flatMap((entry) => (entry.type === 'job' ? [[entry.service, entry]] : []))),
  };
}

const isSwitching = (entry: JournalEntry) => entry.type === 'switching';
