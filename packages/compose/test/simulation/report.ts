import { createHash } from 'node:crypto';
import type { Plan } from './faults.ts';
import type { Result } from './simulate.ts';

/** The same plan must give the same number, on every machine and every version of Node. */
export function traceHash({ world, endings }: Result): string {
  const hash = createHash('sha256');
  for (const { at, actor, text } of world.timeline) hash.update(`${at} ${actor} ${text}\n`);
  return hash.update(`${endings} ${world.kernel.events}`).digest('hex').slice(0, 16);
}

/** What happened, a column for each actor. */
export function drawTimeline({ world }: Result): string {
  const actors = [...new Set(world.timeline.map(({ actor }) => actor))];
  const width = 26;
  const cell = (text: string) => text.slice(0, width - 1).padEnd(width);
  const head = `${'ms'.padStart(8)}  ${actors.map(cell).join('')}`;
  const lines = world.timeline.map(({ at, actor, text }) => {
    const before = ' '.repeat(width * actors.indexOf(actor));
    return `${at.toFixed(0).padStart(8)}  ${before}${text.slice(0, 160)}`;
  });
  return [head, ...lines].join('\n');
}

/** One line that says what broke, and how to see it again. */
export function describeFailure(plan: Plan, { violations }: Result): string {
  const [first] = violations;
  return [
    `${first?.invariant} at ${first?.at.toFixed(0)} ms: ${first?.text}`,
    `plan: ${JSON.stringify(plan)}`,
    `again: pnpm simulate --plan '${JSON.stringify(plan)}'`,
  ].join('\n');
}
