import type { Configuration, Kept } from './configuration.ts';
import type { RoleName, ServiceName, SlotName } from './layout.ts';
import type { Image, Release } from './release.ts';

/** Who deploys, from where. */
export interface Author {
  readonly user: string;
  readonly host: string;
  /** The CI run and the commit, where the environment names them. */
  readonly run?: string;
  readonly commit?: string;
}

/** What a deployment wants; written to the ledger before its first effect. */
export interface Intent {
  readonly id: string;
  readonly kind: 'deploy' | 'rollback';
  readonly by: Author;
  /** ISO 8601, for people only. */
  readonly began: string;
  /** The slot that gets the release. */
  readonly target: SlotName;
  /** The slot that had the traffic when it began; equal to `target` when the release was live already. */
  readonly origin: SlotName;
  readonly release: Release;
  /** What ran before, for the undo and for a later rollback; parts of it may be missing. */
  readonly previous: {
    readonly id: string;
    /** Of every role, or left out: where a part of the slot did not run, there is nothing to go back to. */
    readonly slots?: Readonly<Record<RoleName, Image>>;
    /** The lives of its containers, which need no proof: they had the traffic. */
    readonly lives: readonly string[];
    readonly background: Release['background'];
    readonly configuration: Configuration;
    /** What is kept of that; undefined where nothing can be read. */
    readonly restores?: Kept | undefined;
    /** How many containers each service had, for the undo. */
    readonly replicas: Readonly<Record<ServiceName, number>>;
  };
  /** Ids of the containers that were there when it began. */
  readonly existing: readonly string[];
  /** Ids of containers that have the image and not the configuration of the release. */
  readonly replaces: readonly string[];
  /** What changes, for people: an image, the names of settings; empty where the release runs already. */
  readonly because: readonly string[];
  /** How many containers each service gets; one that is not named is scaled as the project says. */
  readonly replicas: Readonly<Record<ServiceName, number>>;
}

/** How a deployment ended: all-new or all-old. */
export type Outcome = 'deployed' | 'reverted';
