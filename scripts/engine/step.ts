import { ExecaError, type ExecaMethod, execa } from 'execa';

/** What every step of the engine scripts is given. */
export interface Scene {
  /** Added to the environment of every command. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A failure that one sentence explains to the person at the keyboard. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

export type Shell = ExecaMethod<{ env: Record<string, string>; cancelSignal: AbortSignal; all: true }>;

/** Commands of a scene: its environment added, ended when it is cancelled. */
export const shell = ({ env, signal }: Scene): Shell => execa({ env, cancelSignal: signal, all: true });

/** Runs one step: a line with its duration when it succeeds, its name and last output lines when it fails. */
export async function step<T>(scene: Scene, title: string, action: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    scene.signal.throwIfAborted();
    const result = await action();
    scene.log(`${title} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
    return result;
  } catch (error) {
    scene.signal.throwIfAborted();
    throw error instanceof EngineError ? error : new EngineError(explain(title, error), { cause: error });
  }
}

function explain(title: string, error: unknown): string {
  if (!(error instanceof ExecaError))
    return `${title}: ${error instanceof Error ? error.message : String(error)}`;
  const output = String(error.all ?? '')
    .trim()
    .split('\n')
    .slice(-15)
    .join('\n  ');
  return `${title}: ${error.shortMessage}${output ? `\n  ${output}` : ''}`;
}
