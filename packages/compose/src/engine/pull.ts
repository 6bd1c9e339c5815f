import { redactUrls } from '@cutover/internal';
import type { Layers } from '../domain/events.ts';
import { runDocker } from './docker-command.ts';

export interface Pull {
  /** Milliseconds without news of a layer after which it is given up. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
  readonly onPull?: ((layers: Layers) => void) | undefined;
}

/**
 * Pulls by the docker CLI, which has the credentials. The reason when it failed, as Docker has it.
 *
 * @throws DeployError `image-missing` at the limit
 */
export async function pullImage(
  name: string,
  { limit, signal, onPull = () => {} }: Pull,
): Promise<string | undefined> {
  onPull({ done: 0, total: 0 });
  const { stderr, error } = await runDocker(['pull', name], {
    doing: `pulling the image ${name}`,
    code: 'image-missing',
    limit,
    signal,
    onLine: layerCounter(onPull),
  });
  return error && redactUrls(stderr.trim().split('\n').at(-1) || error.shortMessage);
}

const THERE = /^(Pull complete|Already exists)$/;

/**
 * Reads what `docker pull` prints when its output is not a terminal: `a3ed95caeb02: Pull complete`. Tells when a
 * layer is new or there.
 */
export function layerCounter(tell: (layers: Layers) => void): (line: string) => void {
  const layers = new Map<string, boolean>();
  return (line) => {
    const [, id, state] = /^([0-9a-f]{12}): (.*\S)\s*$/.exec(line) ?? [];
    // A tag may look like a layer: `a3ed95caeb02: Pulling from library/shop`.
    if (id === undefined || state === undefined || state.startsWith('Pulling from')) return;
    const isThere = THERE.test(state);
    if (layers.get(id) === isThere) return;
    layers.set(id, isThere);
    tell({ done: [...layers.values()].filter(Boolean).length, total: layers.size });
  };
}
