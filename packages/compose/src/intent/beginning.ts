import type { Container } from '../domain/container.ts';
import type { Intent } from '../domain/intent.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Layout, ServiceName, SlotName } from '../domain/layout.ts';
import type { Release } from '../domain/release.ts';
import { containersOf, type Observation } from '../domain/situation.ts';

/** What a deployment is formed from. */
export interface Beginning {
  readonly kind: Intent['kind'];
  readonly layout: Layout;
  readonly now: Observation;
  /** The slot that has the traffic. */
  readonly live: SlotName;
  readonly journal: readonly JournalEntry[];
  readonly release: Release;
}

export const runningOn = (now: Observation, service: ServiceName): Container | undefined =>
  containersOf(now, service).find(({ running }) => running);

/** What an undo brings back: what runs of a service or, where nothing does, what has ended there. */
export const knownOn = (now: Observation, service: ServiceName): Container | undefined =>
  runningOn(now, service) ?? containersOf(now, service)[0];
