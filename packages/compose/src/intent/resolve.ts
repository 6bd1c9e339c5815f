import { messageOf } from '@cutover/internal';
import type { Image } from '../domain/release.ts';
import type { Ports } from '../ports/index.ts';

export type Resolving = Pick<Ports, 'engine' | 'emit' | 'clock'>;

/** The image of that name; tells of a pull under the name that people know. */
export async function resolveImage(
  { engine, emit, clock }: Resolving,
  name: string,
  { signal, image = name }: { readonly signal: AbortSignal | undefined; readonly image?: string },
): Promise<Image> {
  let begun: number | undefined;
  const duration = () => clock.now() - (begun ?? clock.now());
  try {
    const found = await engine.resolve(name, {
      signal,
      onPull: (layers) => {
        begun ??= clock.now();
        emit({ type: 'pulling', image, layers });
      },
    });
    if (begun !== undefined) emit({ type: 'pulled', image, duration: duration() });
    return found;
  } catch (error) {
    if (begun !== undefined)
      emit({ type: 'pull-failed', image, duration: duration(), reason: messageOf(error) });
    throw error;
  }
}
