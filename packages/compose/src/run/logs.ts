import type { Container } from '../domain/container.ts';
import type { SlotName } from '../domain/layout.ts';
import { containersOfSlot, type Situation } from '../domain/situation.ts';
import type { Run } from './run.ts';

/** Shows the end of what a container said, before it is removed and its output with it. */
export async function emitLogs({ ports }: Run, container: Container): Promise<readonly string[]> {
  const lines = await ports.engine.tail(container, 20).catch(() => []);
  ports.emit({ type: 'output', container: container.name, lines });
  return lines;
}

export async function emitLogsOf(run: Run, s: Situation, slot: SlotName): Promise<void> {
  for (const container of containersOfSlot(s, slot)) await emitLogs(run, container);
}
