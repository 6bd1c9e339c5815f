import { bounded, systemClock } from '@cutover/internal';
import { execa } from 'execa';
import type { Stack } from './stack.ts';

/** Starts a registry beside the stack and pushes these versions to it: what is pruned can be pulled again. */
export async function publish(
  { project, label, registryPort, image }: Stack,
  versions: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const docker = (...args: readonly string[]) => execa('docker', args, { cancelSignal: signal });
  const host = `127.0.0.1:${registryPort}`;
  const place = ['--name', `${project}-registry`, '--publish', `${host}:5000`];
  await docker('run', '--detach', ...place, '--label', label, 'registry:2');
  await bounded({ timeout: 30_000, signal }, async (inner) => {
    while (!(await answers(`http://${host}/v2/`, inner))) await systemClock.sleep(200, inner);
  });
  for (const version of versions) await docker('push', '--quiet', image(version));
}

/** A connection that meets a container which is not there yet may hang for longer than its start takes. */
const answers = (url: string, signal: AbortSignal): Promise<boolean> =>
  bounded({ timeout: 2_000, signal }, (inner) => fetch(url, { signal: inner })).then(
    ({ ok }) => ok,
    () => false,
  );

/**
 * Removes the stopped containers and the unused images of this stack, and never anything else: the engine may be
 * somebody's own. Returns which of the versions have lost their image.
 */
export async function prune(
  { project, label, image }: Stack,
  versions: readonly string[],
): Promise<readonly string[]> {
  const docker = async (...args: readonly string[]) => (await execa('docker', args)).stdout;
  await docker('container', 'prune', '--force', `--filter=label=com.docker.compose.project=${project}`);
  const removed = await docker('image', 'prune', '--all', '--force', `--filter=label=${label}`);
  return versions.filter((version) => removed.includes(`untagged: ${image(version)}\n`));
}
