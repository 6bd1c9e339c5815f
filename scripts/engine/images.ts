import { ExecaError } from 'execa';
import { type ImageName, missingImages } from './catalog.ts';
import { buildStandIns } from './stand-ins.ts';
import { EngineError, type Scene, shell, step } from './step.ts';

/** Time for a registry to name what it has, in milliseconds; the download itself may take longer. */
export const registryTimeout = 10_000;

/** Pulls what is missing; where no registry answers, builds stand-ins from Debian's packages if the machine can. */
export async function provideImages(
  scene: Scene,
  names: readonly ImageName[],
  canBuild: boolean,
): Promise<void> {
  const missing = await missingImages(scene, names);
  while (missing[0] && (await pull(scene, missing[0], canBuild))) missing.shift();
  if (missing.length) await buildStandIns(scene, missing);
}

/** False when no registry answered and something else can be done about it. */
async function pull(scene: Scene, name: ImageName, otherwise: boolean): Promise<boolean> {
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(new Error('no answer in time')), registryTimeout);
  try {
    await step(scene, `Pulled ${name}`, async () => {
      const pulling = shell({ ...scene, signal: AbortSignal.any([scene.signal, slow.signal]) })('docker', [
        'pull',
        name,
      ]);
      // The first line comes once the registry has named the layers.
      pulling.stdout.once('data', () => clearTimeout(timer));
      await pulling;
    });
    return true;
  } catch (error) {
    scene.signal.throwIfAborted();
    const limit = 'and stand-ins can only be built as root on Debian';
    if (!otherwise) throw new EngineError(`Cannot pull ${name}, ${limit}: ${reason(error)}`);
    scene.log(`No registry has ${name}: building stand-ins from Debian packages`);
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof ExecaError ? String(cause.stderr).trim() || cause.shortMessage : String(error);
}
