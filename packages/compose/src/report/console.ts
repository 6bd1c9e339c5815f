import { styleText } from 'node:util';
import type { DeployEvent, StopVerdict } from '../domain/events.ts';

export interface ConsoleOptions {
  /** Default standard output. */
  stream?: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean };
}

/** Milliseconds between two lines about pulls where there is no terminal. */
const PAUSE = 5_000;

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
  const marks = {
    done: paint('green', '✓'),
    failed: paint('red', '✗'),
    now: paint('cyan', '…'),
    warning: paint('yellow', 'warning:'),
  };
  const settle = (line: string) => stream.write(`${live ? '\r\u001b[K' : ''}${line}\n`);
  const passing = (line: string) => live && stream.write(`\r\u001b[K${line}`);
  const said = (what: string, lines: readonly string[]) => {
    settle(`  ${what}${lines.length > 0 ? ':' : ': nothing'}`);
    for (const line of lines) settle(`    ${line}`);
  };

  let last = Number.NEGATIVE_INFINITY;
  const nowAndThen = (line: string) => {
    if (performance.now() - last < PAUSE) return;
    last = performance.now();
    settle(line);
  };

  return (event) => {
    switch (event.type) {
      case 'pulling': {
        const { done, total } = event.layers;
        const text = `pulling ${event.image}${total > 0 ? `: ${done} of ${total} layers` : ''}`;
        return live ? passing(`  ${marks.now} ${text}`) : nowAndThen(`  ${marks.now} ${text}`);
      }
      case 'pulled':
        return settle(`  ${marks.done} pulled ${event.image} (${seconds(event.duration)})`);
      case 'pull-failed':
        return settle(`  ${marks.failed} pull ${event.image} (${seconds(event.duration)}): ${event.reason}`);
      case 'warning':
        return settle(`  ${marks.warning} ${event.text}`);
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
        said(`last output of ${event.container}`, event.lines);
        if (event.check)
          said(
            `last health check in ${event.container}, exit code ${event.check.exitCode}`,
            event.check.lines,
          );
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
