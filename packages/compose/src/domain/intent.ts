import type { ServiceName, SlotName } from './layout.ts';
import type { Image, Release } from './release.ts';

/** What a deployment wants; written to the ledger before its first effect. */
export interface Intent {
  readonly id: string;
  readonly kind: 'deploy' | 'rollback';
  /** The slot that gets the release. */
  readonly target: SlotName;
  /** The slot that had the traffic when it began; equal to `target` when the release was live already. */
  readonly origin: SlotName;
  readonly release: Release;
  /** What ran before, for the undo and for a later rollback; parts of it may be missing. */
  readonly previous: {
    readonly id: string;
    readonly slot?: Image;
    /** The life of its container, which needs no proof: it had the traffic. */
    readonly life?: string;
    readonly background: Release['background'];
  };
  /** How many containers each background service had; one that had none is scaled as the Compose file says. */
  readonly replicas: Readonly<Record<ServiceName, number>>;
}

/** How a deployment ended: all-new or all-old. */
export type Outcome = 'deployed' | 'reverted';
