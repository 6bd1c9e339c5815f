import type Docker from 'dockerode';
import type { Kernel } from '../kernel.ts';
import type { SimContainer, SimEngine } from './engine.ts';
import { status } from './notes.ts';

/** Whether it can be known that nobody has told it to stop, nor is about to. */
export const isSurelyUnsignalled = (c: SimContainer, { events }: SimEngine): boolean =>
  c.running && !c.stop && c.policy !== 'no' && (hasPolicy(c) || !events.forgotten);

/** The cron is one of those that were created without a restart policy, as far as the deployer is told. */
const hasPolicy = ({ service }: SimContainer): boolean => service !== 'cron';

/** The requests by which the real adapter learns whether a container was told to stop, added to those for the notes. */
export const withEvents = (
  docker: Docker,
  engine: SimEngine,
  kernel: Kernel,
  look: <T>(name: string, read: () => T) => Promise<T>,
): Docker =>
  Object.assign(docker, {
    getContainer: (id: string) => ({
      inspect: () =>
        look('inspect', () => {
          const c = engine.find(id);
          if (!c) throw status(404, `no such container: ${id}`);
          return { Config: {}, HostConfig: { RestartPolicy: { Name: hasPolicy(c) ? c.policy : '' } } };
        }),
    }),
    info: () => look('info', () => ({ SystemTime: new Date(kernel.now).toISOString() })),
    getEvents: () => look('events', () => linesOf(engine.events.kept)),
  });

async function* linesOf(events: readonly unknown[]): AsyncGenerator<string> {
  for (const event of events) yield `${JSON.stringify(event)}\n`;
}
