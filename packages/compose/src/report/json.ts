import type { DeployEvent } from '../domain/events.ts';

/** One line of JSON for each event, with a time stamp, for log collectors. Default sink: standard output. */
export function jsonReporter(write: (line: string) => void = (line) => void process.stdout.write(line)) {
  return (event: DeployEvent): void =>
    write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
}
