import { describe, expect, it } from 'vitest';
import { judgeService } from '../../src/service/service-verdict.ts';

const clean = { name: 'app', pid: 7, outcome: 'clean' } as never;

describe('judgeService', () => {
  it.each([
    ['a launcher dies of the stop signal and its service is clean', 'SIGTERM', 'SIGTERM', [clean], 'clean'],
    ['the command dies of another signal than the stop', 'SIGTERM', 'SIGSEGV', [clean], 'failed'],
    ['the command dies of a signal that nobody sent', undefined, 'SIGTERM', [clean], 'failed'],
    ['nothing tells how the service ended', 'SIGTERM', 'SIGTERM', [], 'failed'],
  ] as const)('when %s', (_, stopped, signal, processes, outcome) => {
    const end = { exitCode: 143, signal, killed: false };
    expect(judgeService(end, stopped, 1, processes)).toMatchObject({ outcome, exitCode: 143 });
  });
});
