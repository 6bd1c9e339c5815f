import { describe, expect, it } from 'vitest';
import { isTsx } from '../../src/service/wrapper.ts';

describe('isTsx', () => {
  it.each([
    [['tsx', 'app.ts'], true],
    [['node', '/app/node_modules/.bin/tsx', 'app.ts'], true],
    [['/usr/bin/node', '/app/node_modules/tsx/dist/cli.mjs', 'app.ts'], true],
    [['node', '--import', 'tsx', 'app.ts'], false],
    [['node', 'app.tsx'], false],
    [['node', 'dist/server.js', 'tsx'], false],
    [[], false],
  ])('of %j is %s', (command, expected) => {
    expect(isTsx(command)).toBe(expected);
  });
});
