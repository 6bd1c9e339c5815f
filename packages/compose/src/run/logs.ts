import type { CheckOutput, Container } from '../domain/container.ts';
import type { SlotName } from '../domain/layout.ts';
import { containersOfSlot, type Situation } from '../domain/situation.ts';
import type { Run } from './run.ts';

/** The end of a container's output, and the last result of its health check. */
export interface LastWords {
  readonly lines: readonly string[];
  readonly check: CheckOutput | undefined;
}

/** Reports the end of a container's output and its last health check, before both are removed with it. */
export async function emitLogs(
  { ports: { engine, emit } }: Pick<Run, 'ports'>,
  container: Container | undefined,
): Promise<LastWords> {
  if (!container) return { lines: [], check: undefined };
  const [lines, check] = await Promise.all([
    engine.tail(container, 20).catch(() => []),
    engine.lastCheck(container).catch(() => undefined),
  ]);
  emit({ type: 'output', container: container.name, lines, check });
  return { lines, check };
}

export async function emitLogsOf(run: Run, s: Situation, slot: SlotName): Promise<void> {
  for (const container of containersOfSlot(s, slot)) await emitLogs(run, container);
}
