import { describe, expect, it } from 'vitest';
import { createScreen } from '../demo/screen.ts';

function record(isTTY: boolean) {
  const written: string[] = [];
  const screen = createScreen({ isTTY, columns: 40, write: (text) => written.push(text) });
  return { screen, written };
}

describe('createScreen elsewhere than on a terminal', () => {
  it('prints a plain line for each beginning, fact and end', async () => {
    const { screen, written } = record(false);
    await screen.step('deploy', async ({ now, tell }) => {
      now('not for a log');
      tell('switched');
    });
    expect(written.map((line) => line.replace(/[\d.]+ s/g, 'N s').trim())).toEqual([
      'N s  … deploy',
      'N s      switched',
      'N s  ✓ deploy (N s)',
    ]);
  });

  it('marks a step that failed and hands its error on', async () => {
    const { screen, written } = record(false);
    const failing = screen.step('deploy', () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(written.at(-1)).toContain('✗ deploy');
  });
});

describe('createScreen on a terminal', () => {
  it('rewrites its live lines in place and leaves the finished ones', async () => {
    const { screen, written } = record(true);
    await screen.step('deploy', async ({ now }) => {
      screen.footer('220 requests');
      now('gate');
    });
    const screenful = replay(written.join(''));
    expect(screenful[0]).toMatch(/^✓ deploy \(\d\.\d s\)$/);
    expect(screenful).toHaveLength(2);
    expect(screenful[1]).toBe('  220 requests');
  });

  it('never writes a live line that would wrap', async () => {
    const { screen, written } = record(true);
    await screen.step('deploy', async ({ now }) => now('x'.repeat(200)));
    expect(written[1]?.split('\n').every((line) => line.length < 60)).toBe(true);
  });
});

/** What a terminal shows after this output: only "up n lines" and "erase below" are used. */
function replay(output: string): string[] {
  const lines: string[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the terminal's own codes
  for (const part of output.replace(/\u001b\[\d*m/g, '').split(/(\r\u001b\[\d+A\u001b\[J)/)) {
    const up = /\[(\d+)A/.exec(part)?.[1];
    if (up) lines.splice(lines.length - Number(up));
    else lines.push(...part.split('\n').slice(0, -1));
  }
  return lines;
}
