/** A container's start or end, as the engine saw it. Milliseconds since 1970. */
export interface Change {
  readonly at: number;
  readonly container: string;
  readonly running: boolean;
}

export interface Presence {
  /** Milliseconds with two or more containers at once. */
  readonly overlap: number;
  /** Milliseconds with none, between the first start and `until`. */
  readonly gap: number;
}

/** How long there was more than one container, and none. */
export function presence(changes: readonly Change[], until: number): Presence {
  const running = new Set<string>();
  let overlap = 0;
  let gap = 0;
  let since: number | undefined;
  for (const { at, container, running: starts } of [...changes].sort((a, b) => a.at - b.at)) {
    if (since !== undefined && running.size > 1) overlap += at - since;
    if (since !== undefined && running.size === 0) gap += at - since;
    if (starts) running.add(container);
    else running.delete(container);
    since = at;
  }
  if (since !== undefined && running.size > 1) overlap += until - since;
  if (since !== undefined && running.size === 0) gap += until - since;
  return { overlap, gap };
}
