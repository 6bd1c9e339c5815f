import Docker from 'dockerode';
import { type Change, type Presence, presence } from './presence.ts';

export interface Watch {
  /** How long the service had two containers and none, up to now. */
  presence(service: string): Presence;
  /** The service of each container that ended by SIGKILL. */
  readonly killed: readonly string[];
  close(): void;
}

interface EngineEvent {
  readonly Action: string;
  readonly timeNano: number;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

/** Records each start and end of a project's containers from the engine's own events. */
export async function watchProject(project: string): Promise<Watch> {
  const changes = new Map<string, Change[]>();
  const killed: string[] = [];
  const events = await new Docker().getEvents({
    filters: { label: [`com.docker.compose.project=${project}`], event: ['start', 'die'] },
  });
  let rest = '';
  events.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter(Boolean)) {
      const event: EngineEvent = JSON.parse(line);
      if (event.Action === 'die' && event.Actor.Attributes.exitCode === SIGKILLED)
        killed.push(serviceOf(event));
      note(changes, event);
    }
  });
  // The stream ends when it is closed here, or with the engine: neither is news at that point.
  events.on('error', () => {});
  return {
    killed,
    presence: (service) => presence(changes.get(service) ?? [], Date.now()),
    close: () => (events as NodeJS.ReadableStream & { destroy(): void }).destroy(),
  };
}

const SIGKILLED = '137';

const serviceOf = ({ Actor }: EngineEvent): string => Actor.Attributes['com.docker.compose.service'] ?? '';

function note(changes: Map<string, Change[]>, event: EngineEvent): void {
  const { Action, timeNano, Actor } = event;
  const service = serviceOf(event);
  const change = { at: timeNano / 1e6, container: Actor.ID, running: Action === 'start' };
  changes.set(service, [...(changes.get(service) ?? []), change]);
}
