import { serviceOf } from './decide.ts';
import type { Container, Situation, SlotName } from './model.ts';
import type { Run } from './run.ts';

/** Shows the end of what a container said, before it is removed and its output with it. */
export async function emitLogs({ ports }: Run, container: Container): Promise<readonly string[]> {
  const lines = await ports.engine.tail(container, 20).catch(() => []);
  ports.emit({ type: 'output', container: container.name, lines });
  return lines;
}

export async function emitLogsOf(run: Run, { containers }: Situation, slot: SlotName): Promise<void> {
  const service = serviceOf(run, slot);
  for (const container of containers) if (container.service === service) await emitLogs(run, container);
}
