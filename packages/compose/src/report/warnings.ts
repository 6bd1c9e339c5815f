import type { DeployEvent } from '../domain/events.ts';

/** Emits each warning once, however often it is found. */
export function warningsOnce(emit: (event: DeployEvent) => void): (warnings: readonly string[]) => void {
  const emitted = new Set<string>();
  return (warnings) => {
    for (const text of warnings) {
      if (emitted.has(text)) continue;
      emitted.add(text);
      emit({ type: 'warning', text });
    }
  };
}
