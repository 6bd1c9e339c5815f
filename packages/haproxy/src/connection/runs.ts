import type { Command } from '../commands/command.ts';

/** Commands in order, in runs of those that go alone and those that do not. */
export function runsOf<T>(commands: readonly Command<T>[]): Command<T>[][] {
  const runs: Command<T>[][] = [];
  for (const command of commands) {
    const run = runs.at(-1);
    if (run && Boolean(run[0]?.alone) === Boolean(command.alone)) run.push(command);
    else runs.push([command]);
  }
  return runs;
}
