import type { Configuration } from './configuration.ts';
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
    readonly configuration: Configuration;
  };
  /** Ids of the containers that were there when it began. */
  readonly existing: readonly string[];
  /** Ids of containers that have the image and not the configuration of the release. */
  readonly replaces: readonly string[];
  /** What changes, for people: an image, the names of settings; empty where the release runs already. */
  readonly because: readonly string[];
  /** How many containers each background service had; one that had none is scaled as the Compose file says. */
  readonly replicas: Readonly<Record<ServiceName, number>>;
}

/** How a deployment ended: all-new or all-old. */
export type Outcome = 'deployed' | 'reverted';
