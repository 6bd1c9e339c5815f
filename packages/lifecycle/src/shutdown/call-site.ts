import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const UNKNOWN = 'an unknown place';

/** Where a function that is running was called, as `file:line`. */
export function callerOf(running: (...args: never[]) => unknown): string {
  const trace: { stack?: unknown } = {};
  Error.captureStackTrace(trace, running);
  return placeOf(framesOf(trace)[0]);
}

/** Where `process.exit` was called, for a listener to `exit`; undefined when the process ends by itself. */
export function exitCaller(): string | undefined {
  const frames = framesOf(new Error());
  const exit = frames.findIndex((frame) => /^at process\.exit\b/.test(frame));
  return exit < 0 ? undefined : placeOf(frames[exit + 1]);
}

const framesOf = ({ stack }: { stack?: unknown }): string[] =>
  String(stack)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '));

/** `at run (file:///app/src/main.ts:3:14)` as `src/main.ts:3`. */
function placeOf(frame = ''): string {
  const [, file, line] = /([^\s(]+):(\d+):\d+\)?$/.exec(frame) ?? [];
  if (!file) return UNKNOWN;
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  return `${path.startsWith('/') ? relative(process.cwd(), path) : path}:${line}`;
}
