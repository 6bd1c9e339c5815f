import { styleText } from 'node:util';
import type { DeployEvent, StopVerdict } from '../domain/events.ts';

export interface ConsoleOptions {
  /** Default standard output. */
  stream?: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean };
}

/**
 * Tells a deployment to a person: one line for each step that is done; on a terminal, the step under way with its
 * progress as well. Elsewhere plain lines, so that a CI log stays readable.
 */
export function consoleReporter({
  stream = process.stdout,
}: ConsoleOptions = {}): (event: DeployEvent) => void {
  const live = stream.isTTY === true;
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    live ? styleText(style, text) : text;
  const marks = { done: paint('green', '✓'), failed: paint('red', '✗'), now: paint('cyan', '…') };
  const settle = (line: string) => stream.write(`${live ? '\r\u001b[K' : ''}${line}\n`);
  const passing = (line: string) => live && stream.write(`\r\u001b[K${line}`);

  return (event) => {
    switch (event.type) {
      case 'deploying': {
        const { kind, release, previous, origin, target, because } = event.intent;
        const verb = event.resumed ? 'Resuming' : kind === 'rollback' ? 'Rolling back to' : 'Deploying';
        settle(paint('bold', `${verb} ${release.id} (from ${previous.id}): ${origin} → ${target}`));
        for (const reason of because) settle(`  because ${reason}`);
        return;
      }
      case 'unchanged':
        return settle(`${marks.done} ${event.release} runs already, on ${event.live}; nothing to do`);
      case 'step':
        return passing(`  ${marks.now} ${event.step.text}`);
      case 'progress':
        return passing(`  ${marks.now} ${event.step.text}: ${event.note}`);
      case 'done':
        return settle(`  ${marks.done} ${event.step.text} (${seconds(event.duration)})`);
      case 'failed':
        return settle(`  ${marks.failed} ${event.step.text} (${seconds(event.duration)}): ${event.reason}`);
      case 'stopped':
        return settle(`  ${event.stop.verdict === 'killed' ? marks.failed : ' '} ${stopLine(event.stop)}`);
      case 'undoing':
        return settle(paint('yellow', '  going back'));
      case 'output':
        settle(`  last output of ${event.container}:`);
        for (const line of event.lines) settle(`    ${line}`);
        return;
      case 'ended':
        return settle(
          event.outcome === 'deployed'
            ? `${marks.done} deployed in ${seconds(event.duration)}`
            : `${marks.failed} back as it was after ${seconds(event.duration)}`,
        );
    }
  };
}

const stopLine = ({ service, verdict, exitCode, duration }: StopVerdict): string =>
  `${service}: ${verdict} after ${seconds(duration)}, exit code ${exitCode}`;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
