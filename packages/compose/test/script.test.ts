import { afterEach, describe, expect, it, vi } from 'vitest';
import { runScript } from '../src/script.ts';

describe('runScript', () => {
  afterEach(() => {
    process.exitCode = undefined;
    vi.restoreAllMocks();
  });

  it.each([
    ['deployed', undefined],
    [undefined, undefined],
    ['reverted', 1],
  ])('ends a body that returns %s with exit code %s', async (result, code) => {
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await runScript(async () => result);
    expect(process.exitCode).toBe(code);
    expect(written).toHaveBeenCalledTimes(code ?? 0);
  });
});
