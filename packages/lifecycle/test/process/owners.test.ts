import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../programs.ts';

/** Runs a file, so that its lines have a place. */
async function runDraining(lines: readonly string[], signal: NodeJS.Signals | false = 'SIGTERM') {
  const folder = await mkdtemp(join(tmpdir(), 'cutover-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = runProgram(lines.join('\n'), { env: { CUTOVER_VERDICT_DIR: folder } });
  if (signal) {
    await program.prints('up');
    program.process.kill(signal);
  }
  const end = await program.ended;
  const verdict = JSON.parse(await readFile(join(folder, `${program.process.pid}.json`), 'utf8'));
  return { end, verdict, output: program.output() };
}

const SET_UP = [
  'const { gracefulShutdown } = await import(process.env.LIFECYCLE);',
  'const shutdown = gracefulShutdown();',
  'setInterval(() => {}, 1000);',
];

describe('a second gracefulShutdown in one process', () => {
  it.each([
    ['the same copy', 'process.env.LIFECYCLE'],
    ['another copy of the package', "process.env.LIFECYCLE + '?copy'"],
  ])('of %s is refused with the place of the first', async (_, from) => {
    const { end, output } = await runDraining([
      ...SET_UP,
      `const { gracefulShutdown: second } = await import(${from});`,
      'try { second(); } catch ({ code, message }) { console.log(code, message); }',
      "console.log('up');",
    ]);
    expect(output).toMatch(/second-shutdown .* at \[eval1\]:5: .* made at \[eval1\]:2;/);
    expect(end).toEqual({ code: 0, signal: null });
  });

  it('may follow one that was disposed of', async () => {
    const { end, output } = await runDraining([
      ...SET_UP,
      'shutdown.dispose();',
      "gracefulShutdown().add('second', () => console.log('closed'));",
      "console.log('up');",
    ]);
    expect(end).toEqual({ code: 0, signal: null });
    expect(output).toContain('closed');
  });
});

describe('process.exit() by somebody else', () => {
  it('during a drain is forced, with what it cut and who called it', async () => {
    const { end, verdict, output } = await runDraining([
      ...SET_UP,
      "shutdown.add('first', () => {}, { phase: 'stop' });",
      "shutdown.add('work', () => setImmediate(() => process.exit(0)) && new Promise(() => {}));",
      "console.log('up');",
    ]);
    expect(verdict).toMatchObject({
      outcome: 'forced',
      reason: { text: 'SIGTERM' },
      steps: [
        { name: 'first', outcome: 'done' },
        { name: 'work', outcome: 'cut' },
        { name: 'process.exit()', outcome: 'cut', note: 'called with 0 at [eval1]:5' },
      ],
    });
    expect(output).toMatch(/shutdown forced .*process\.exit\(\) cut .*\(called with 0 at \[eval1\]:5\)/);
    expect(end).toEqual({ code: 4, signal: null });
  });

  it('keeps a code of its own that is none of ours', async () => {
    const { end } = await runDraining([
      ...SET_UP,
      "shutdown.add('work', () => setImmediate(() => process.exit(7)) && new Promise(() => {}));",
      "console.log('up');",
    ]);
    expect(end).toEqual({ code: 7, signal: null });
  });

  it('before a shutdown is no concern of it', async () => {
    const { end, verdict } = await runDraining([...SET_UP, 'process.exit(0);'], false);
    expect(end).toEqual({ code: 0, signal: null });
    expect(verdict).toMatchObject({ outcome: 'running' });
  });
});
