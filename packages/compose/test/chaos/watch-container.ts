import Docker from 'dockerode';

/** When the engine first knew that something had happened to a container. */
export interface EngineWatch {
  /** Wall clock, milliseconds since 1970; undefined while it knows of nothing. */
  readonly knownAt: number | undefined;
  close(): void;
}

/** Listens for the first end or pause of a container in the engine's own events. */
export async function watchContainer(id: string): Promise<EngineWatch> {
  const events = await new Docker().getEvents({ filters: { container: [id], event: ['die', 'pause'] } });
  let knownAt: number | undefined;
  events.on('data', (chunk: Buffer) => {
    const [first] = chunk.toString().split('\n');
    knownAt ??= JSON.parse(first as string).timeNano / 1e6;
  });
  // It ends when it is closed here, or with the engine.
  events.on('error', () => {});
  return {
    get knownAt() {
      return knownAt;
    },
    close: () => (events as NodeJS.ReadableStream & { destroy(): void }).destroy(),
  };
}
